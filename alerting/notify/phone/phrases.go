package phone

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/phone/internal/voice"
	"monitord/internal/text"
)

// phrase is a sentence that is the same in every call.
type phrase int

const (
	phraseMenu phrase = iota
	phraseAcknowledged
	phraseFailed
	phraseNext
	phraseWell
	phraseSomebody
)

// sounds is everything that one call may say, as µ-law.
type sounds struct {
	main    []byte
	phrases map[phrase][]byte
	err     error // why tones stand for words; nil when they do not
}

// phraseKey is where a phrase is kept.
type phraseKey struct {
	lang   text.Lang
	phrase phrase
}

// phraseLimit is the longest that a phrase may be.
const phraseLimit = 8 * time.Second

func (c *Channel) message(p phrase) text.Message {
	switch p {
	case phraseMenu:
		k := c.config.Keys
		return text.M("phone.menu", text.Str("take", k.Take), text.Str("repeat", k.Repeat), text.Str("next", k.Next))
	case phraseAcknowledged:
		return text.M("phone.acknowledged")
	case phraseFailed:
		return text.M("phone.failed")
	case phraseNext:
		return text.M("phone.next")
	case phraseWell:
		return text.M("phone.well")
	}
	return text.M("phone.somebody")
}

// tone stands for a phrase.
func (p phrase) tone() []int16 {
	switch p {
	case phraseMenu:
		return nil
	case phraseFailed, phraseNext:
		return badTone()
	}
	return goodTone()
}

// phrase is a phrase's speech, made once for each language.
func (c *Channel) phrase(ctx context.Context, lang text.Lang, p phrase) ([]int16, error) {
	key := phraseKey{lang, p}
	c.mu.Lock()
	kept, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return kept, nil
	}
	recording, err := c.config.Speech.speak(ctx, lang, c.deps.Words.Render(lang, time.UTC, c.message(p)))
	if err != nil {
		return p.tone(), err
	}
	samples := recording.Telephone(phraseLimit)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[key] = samples
	return samples, nil
}

// prepareWithin bounds how long a call waits for its words.
const prepareWithin = 20 * time.Second

// gap is the pause before the menu.
const gap = 300 * time.Millisecond

// prepare makes all sounds of a call before it rings: nobody shall listen to
// silence. What cannot be spoken becomes tones.
func (c *Channel) prepare(ctx context.Context, n notify.Notification) sounds {
	ctx, cancel := context.WithTimeout(ctx, prepareWithin)
	defer cancel()
	s := sounds{phrases: map[phrase][]byte{}}
	room := speechLimit
	var menu []int16
	if n.Kind != alerting.KindRecovery {
		for p := phraseMenu; p <= phraseSomebody; p++ {
			samples := p.tone()
			if s.err == nil {
				samples, s.err = c.phrase(ctx, n.Language, p)
			}
			s.phrases[p] = voice.EncodeAll(samples)
			if p == phraseMenu {
				menu = append(voice.Pause(gap), samples...)
			}
		}
		room -= voice.Length(menu)
	}
	body := attention()
	if s.err == nil {
		var spoken []int16
		if spoken, s.err = c.fit(ctx, n.Language, c.telling(n).forms(), room); s.err == nil {
			body = spoken
		}
	}
	s.main = voice.EncodeAll(slices.Concat(body, menu))
	return s
}

// fitTries bounds how often the program is run for one text.
const fitTries = 4

// fit speaks the longest form that the room has time for; the least form is cut
// when even that is too long. A program that fails for a shorter form leaves the
// longer one, cut.
func (c *Channel) fit(ctx context.Context, lang text.Lang, forms []string, room time.Duration) ([]int16, error) {
	var spoken voice.Recording
	for try := 1; ; try++ {
		recording, err := c.config.Speech.speak(ctx, lang, forms[0])
		if err != nil && try == 1 {
			return nil, err
		}
		if err == nil {
			spoken = recording
		}
		if err != nil || spoken.Length() <= room || len(forms) == 1 {
			return spoken.Telephone(room), nil
		}
		forms = shorter(forms, float64(room)/float64(spoken.Length()))
		if try == fitTries {
			forms = forms[len(forms)-1:]
		}
	}
}

// shorter leaves of the forms those that last no longer than a part of the
// first, but at least one: speech is about as long as its letters are many.
func shorter(forms []string, part float64) []string {
	most := int(part * float64(utf8.RuneCountInString(forms[0])))
	for len(forms) > 1 {
		if forms = forms[1:]; utf8.RuneCountInString(forms[0]) <= most {
			break
		}
	}
	return forms
}

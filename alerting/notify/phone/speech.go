package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"monitord/alerting/notify/phone/internal/voice"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// textMark is where the text goes in an argument.
const textMark = "{text}"

// Bounds of a speech program.
const (
	speechLimit  = 12 * time.Second // of everything that is said at a time
	speechWithin = 10 * time.Second // for the program to end
	speechBytes  = 8 << 20          // of WAV: 12 s at 192 kHz with two channels are less than this
)

// environment is the whole environment of a speech program.
var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

// command is the program of a language.
func (s Speech) command(lang text.Lang) []string {
	if lang == text.Japanese {
		return s.Japanese
	}
	return s.English
}

// speak makes speech of a text. A program that fails is run once more: on a
// machine in trouble much goes wrong once, and this is when people are called.
func (s Speech) speak(ctx context.Context, lang text.Lang, words string) (voice.Recording, error) {
	recording, err := s.record(ctx, lang, words)
	if err != nil && ctx.Err() == nil {
		recording, err = s.record(ctx, lang, words)
	}
	return recording, err
}

// record runs the program.
func (s Speech) record(ctx context.Context, lang text.Lang, words string) (voice.Recording, error) {
	argv := s.command(lang)
	c := runner.Command{Path: argv[0], Env: environment, Timeout: speechWithin, MaxOutput: speechBytes}
	given := false
	for _, arg := range argv[1:] {
		given = given || strings.Contains(arg, textMark)
		c.Args = append(c.Args, strings.ReplaceAll(arg, textMark, words))
	}
	if !given {
		c.Stdin = []byte(words + "\n")
	}
	r, err := runner.Run(ctx, c)
	switch {
	case err != nil:
		return voice.Recording{}, fmt.Errorf("speech: %w", err)
	case r.TimedOut:
		return voice.Recording{}, fmt.Errorf("speech: %s did not end within %s", argv[0], speechWithin)
	case r.ExitCode != 0:
		return voice.Recording{}, fmt.Errorf("speech: %s ended with %d: %.200q", argv[0], r.ExitCode, r.Stderr)
	}
	recording, err := voice.ParseWAV(r.Stdout)
	if err != nil {
		return voice.Recording{}, fmt.Errorf("speech: %s: %w", argv[0], err)
	}
	if len(recording.Samples) == 0 {
		return voice.Recording{}, errors.New("speech: " + argv[0] + " said nothing")
	}
	return recording, nil
}

// Say is what a telephone hears of a text, as a WAV file: for whoever wants to
// hear a voice before it calls.
func Say(ctx context.Context, speech Speech, lang text.Lang, words string) ([]byte, error) {
	recording, err := speech.speak(ctx, lang, speakable(words))
	if err != nil {
		return nil, err
	}
	heard := voice.EncodeAll(recording.Telephone(speechLimit))
	out := voice.Recording{Rate: voice.Rate}
	for _, code := range heard {
		out.Samples = append(out.Samples, voice.DecodeULaw(code))
	}
	return voice.WriteWAV(out), nil
}

// speakable leaves of a text what is read out: no program's marks (such as [[
// of espeak-ng, or a hyphen that begins an option), no control characters.
func speakable(s string) string {
	out := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(".,:%+/'、。ー・", r) {
			return r
		}
		if r == '-' {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, " "))
	words := strings.Fields(out)
	for i, w := range words {
		words[i] = strings.TrimLeft(w, "-+'")
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// The sounds that stand for words where speech fails, and the pause between a
// text and what to do.
func attention() []int16 {
	var out []int16
	for range 4 {
		out = append(out, voice.Tone(660, 400*time.Millisecond)...)
		out = append(out, voice.Tone(880, 400*time.Millisecond)...)
		out = append(out, voice.Pause(500*time.Millisecond)...)
	}
	return out
}

func goodTone() []int16 {
	return append(voice.Tone(660, 150*time.Millisecond), voice.Tone(990, 300*time.Millisecond)...)
}

func badTone() []int16 {
	return append(voice.Tone(440, 300*time.Millisecond), voice.Tone(330, 600*time.Millisecond)...)
}

package phone

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/phone/internal/voice"
	"monitord/checks"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func depsOf(t *testing.T) notify.ChannelDeps {
	t.Helper()
	return notify.ChannelDeps{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Words: text.Default()}
}

// speaker is a channel that is asked for words only.
func speaker(t *testing.T, change func(*Config)) *Channel {
	t.Helper()
	c := DefaultConfig()
	c.Server = "127.0.0.1:5060"
	if change != nil {
		change(&c)
	}
	d := depsOf(t)
	return New(c, Deps{Logger: d.Logger, Now: d.Now, Words: d.Words})
}

func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*notify.Notification){
		"Critical on web1. http. No connection. connection refused. For 5 minutes.": func(*notify.Notification) {},
		"きけん です。web1。 http。 つながりません。 connection refused. 5 ふん つづいて います。":            func(n *notify.Notification) { n.Language = text.Japanese },
		"きけん です。web1。 http。 つながりません。 5 ふん つづいて います。": func(n *notify.Notification) {
			n.Language, n.Notice.Summary = text.Japanese, text.Verbatim("接続できません")
		},
		"Warning on db-1.example.net. filesystem /var. Beyond its limit. 97 % used. For 0 seconds.": func(n *notify.Notification) {
			n.Notice.Service = checks.Service{Host: "db-1.example.net", Check: "filesystem", Item: "/var"}
			n.Notice.State, n.Notice.Reason, n.Notice.Opened, n.Notice.Summary = checks.Warning, checks.ReasonThreshold, time.Now(), text.Verbatim("97 % used")
		},
		"The journal cannot be written. Critical on web1. http. No connection. connection refused. For 5 minutes.": func(n *notify.Notification) {
			n.Broken = errors.New("disk full")
		},
		"web1 is well again. http. It lasted 2 hours.": func(n *notify.Notification) {
			n.Kind, n.Notice.Opened = alerting.KindRecovery, time.Unix(0, 0)
			n.Notice.Closed = time.Unix(121*60, 0)
		},
		"web1 is no longer watched. http. It lasted 3 days.": func(n *notify.Notification) {
			n.Kind, n.Notice.Gone, n.Notice.Opened = alerting.KindRecovery, true, time.Unix(0, 0)
			n.Notice.Closed = time.Unix(3*24*3600, 0)
		},
		"No results from web1. http. connection refused. For 5 minutes.": func(n *notify.Notification) {
			n.Notice.Missed, n.Notice.Reason = true, checks.ReasonNone
		},
		"web1 is up and down. http. connection refused. For 5 minutes.": func(n *notify.Notification) {
			n.Notice.Flapping, n.Notice.Reason = true, checks.ReasonNone
		},
		"web1 is steady again: OK. http. connection refused. For 5 minutes.": func(n *notify.Notification) {
			n.Notice.Calm, n.Notice.Reason, n.Notice.State = true, checks.ReasonNone, checks.OK
		},
		"Critical on web1 v rm rf. http. No connection. phonemes x/ v y. For 5 minutes.": func(n *notify.Notification) {
			n.Notice.Service.Host, n.Notice.Summary = "--web1 -v \n $(rm -rf)", text.Verbatim("[[phonemes]] <x/> \x00 -v y")
		},
	} {
		n := problem()
		change(&n)
		if got := speaker(t, nil).telling(n).forms()[0]; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestATextIsShortenedByWordsFromWhatMattersLeast(t *testing.T) {
	t.Parallel()
	n := problem()
	n.Notice.Summary = text.Verbatim("one two")
	want := []string{
		"Critical on web1. http. No connection. one two. For 5 minutes.",
		"Critical on web1. http. No connection. one. For 5 minutes.",
		"Critical on web1. http. No connection. For 5 minutes.",
		"Critical on web1. http. No connection.",
		"Critical on web1. http.",
		"Critical on web1.",
	}
	if got := speaker(t, nil).telling(n).forms(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
}

// loudest is the strongest second of speech, as the root of its mean square.
func loudest(ulaw []byte) float64 {
	most := 0.0
	for at := 0; at+voice.Rate <= len(ulaw); at += voice.Rate / 4 {
		sum := 0.0
		for _, code := range ulaw[at : at+voice.Rate] {
			s := float64(voice.DecodeULaw(code))
			sum += s * s
		}
		most = max(most, math.Sqrt(sum/voice.Rate))
	}
	return most
}

func TestAShorterFormThatFailsLeavesTheLongerOneCut(t *testing.T) {
	t.Parallel()
	once := testproc.File(t, t.TempDir(), "once", "")
	wav := testproc.File(t, t.TempDir(), "long.wav", string(speechWAV(20*time.Second)))
	c := speaker(t, func(c *Config) {
		c.Speech.English = []string{"sh", "-c", "[ -e \"$1\" ] && rm \"$1\" && cat \"$2\"", "sh", once, wav}
	})
	samples, err := c.fit(t.Context(), text.English, []string{"one two three", "one"}, 3*time.Second)
	if err != nil || voice.Length(samples) != 3*time.Second {
		t.Errorf("got %s, %v", voice.Length(samples), err)
	}
}

func TestEspeakSpeaksEnglishAndKanaWithinTwelveSeconds(t *testing.T) {
	t.Parallel()
	for _, lang := range text.Langs() {
		for name, summary := range map[string]string{"short": "connection refused", "long": strings.Repeat("very long words of a check without end ", 30)} {
			n := problem()
			n.Language, n.Notice.Summary = lang, text.Verbatim(summary)
			s := speaker(t, nil).prepare(t.Context(), n)
			length := time.Duration(len(s.main)) * time.Second / voice.Rate
			if s.err != nil || length < 4*time.Second || length > speechLimit {
				t.Errorf("%s, %s: %s of speech, %v", lang, name, length, s.err)
			}
			if l := loudest(s.main); l < 500 {
				t.Errorf("%s, %s: the loudest second has %.0f; want speech", lang, name, l)
			}
			for p, ulaw := range s.phrases {
				if loudest(ulaw) < 500 && len(ulaw) >= voice.Rate {
					t.Errorf("%s: phrase %d is silent", lang, p)
				}
			}
			t.Logf("%s, %s: %s", lang, name, length)
		}
	}
}

func TestAHostNameWithoutEndIsCutHard(t *testing.T) {
	t.Parallel()
	n := problem()
	n.Notice.Service.Host = strings.Repeat("supercalifragilistic.", 40)
	s := speaker(t, nil).prepare(t.Context(), n)
	if length := time.Duration(len(s.main)) * time.Second / voice.Rate; s.err != nil || length < 11*time.Second || length > speechLimit {
		t.Errorf("%s of speech, %v; want nearly %s", length, s.err, speechLimit)
	}
}

func TestTextGoesToTheInputWithoutAMark(t *testing.T) {
	t.Parallel()
	s := Speech{English: []string{"espeak-ng", "-v", "en", "--stdout"}}
	r, err := s.speak(t.Context(), text.English, "one two three")
	if err != nil || r.Length() < 300*time.Millisecond {
		t.Errorf("got %s, %v", r.Length(), err)
	}
}

func TestATextCanBeHeardBeforeItCalls(t *testing.T) {
	t.Parallel()
	words := text.Default().Render(text.Japanese, time.UTC, text.M("phone.critical"))
	raw, err := Say(t.Context(), DefaultConfig().Speech, text.Japanese, words)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := voice.ParseWAV(raw); err != nil || r.Rate != voice.Rate || r.Length() < 300*time.Millisecond {
		t.Errorf("got %s at %d Hz, %v", r.Length(), r.Rate, err)
	}
}

func TestAHungProgramIsEndedAndSaid(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	s := Speech{English: []string{"sleep", "60"}}
	if _, err := s.speak(ctx, text.English, "x"); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("got %v", err)
	}
}

package notify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

func about(host, check, item string, state checks.State, lasted time.Duration) (Notification, time.Time) {
	since := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	return Notification{Message: alerting.Message{Kind: alerting.KindProblem, Language: text.English,
		Notice: alerting.Notice{Service: checks.Service{Host: host, Check: check, Item: item}, State: state, Since: since, Opened: since, Closed: since.Add(lasted)}}}, since.Add(lasted)
}

func TestTheShortLineSaysHostWhatHowAndHowLong(t *testing.T) {
	for _, c := range []struct {
		host, check, item string
		state             checks.State
		lasted            time.Duration
		en, ja            string
	}{
		{"db1", "sql", "", checks.Critical, 12*time.Minute + 34*time.Second, "db1 sql CRIT 12m", "db1 sql 危険 12分"},
		{"db1", "sql", "", checks.Warning, 9500 * time.Millisecond, "db1 sql WARN 9s", "db1 sql 警告 9秒"},
		{"db1", "sql", "", checks.Unknown, 0, "db1 sql UNKN 0s", "db1 sql 不明 0秒"},
		{"db1", "sql", "", checks.Critical, -time.Hour, "db1 sql CRIT 0s", "db1 sql 危険 0秒"},
		{"db1", "sql", "", checks.Critical, 65 * time.Minute, "db1 sql CRIT 1h5m", "db1 sql 危険 1時間5分"},
		{"db1", "sql", "", checks.Critical, 50*time.Hour + 5*time.Minute, "db1 sql CRIT 2d2h", "db1 sql 危険 2日2時間"},
		{"web1", "filesystem", "/var", checks.Warning, time.Hour, "web1 filesystem[/var] WARN 1h", "web1 filesystem[/var] 警告 1時間"},
		{"www.example.net", "http", "", checks.Critical, time.Minute, "www.example.net http CRIT 1m", "www.example.net http 危険 1分"},
		{"www.frankfurt.example.net", "certificate", "", checks.Critical, time.Minute, "www certificate CRIT 1m", "www certificate 危険 1分"},
		{"2001:db8:85a3:8d3:1319:8a2e:370:7348", "ping", "", checks.Critical, time.Minute, "2001:db8:85a3…8a2e:370:7348 ping CRIT 1m", "2001:db8:85a3…a2e:370:7348 ping 危険 1分"},
		{"大阪データセンター受付サーバー一号機", "応答時間", "", checks.Critical, time.Minute, "大阪データセ…バー一号機 応答時間 CRIT 1m", "大阪データ…バー一号機 応答時間 危険 1分"},
	} {
		n, now := about(c.host, c.check, c.item, c.state, c.lasted)
		for lang, want := range map[text.Lang]string{text.English: c.en, text.Japanese: c.ja} {
			n.Language = lang
			if got := Short(text.Default(), n, now, PhoneFit()); got != want || Width(got) > 40 {
				t.Errorf("got %q (%d columns), want %q", got, Width(got), want)
			}
		}
	}
	n, now := about("db1", "sql", "", checks.OK, 12*time.Minute)
	n.Kind = alerting.KindRecovery
	if got := Short(text.Default(), n, now.Add(time.Hour), PhoneFit()); got != "db1 sql OK 12m" {
		t.Errorf("recovery: %q", got)
	}
	n.Notice.Gone = true
	if got := Short(text.Default(), n, now, PhoneFit()); got != "db1 sql CLOSED" {
		t.Errorf("gone: %q", got)
	}
}

func FuzzTheShortLineFits(f *testing.F) {
	f.Add("db1", "sql", "", int64(time.Minute))
	f.Add("日本語日本語日本語日本語日本語日本語", "\xff\x00\n", "\u202e", int64(-1))
	f.Add(strings.Repeat("a.", 200), strings.Repeat("字", 200), "[]", int64(1)<<62)
	f.Fuzz(func(t *testing.T, host, check, item string, lasted int64) {
		n, now := about(host, check, item, checks.Critical, time.Duration(lasted))
		for _, n.Language = range text.Langs() {
			s := Short(text.Default(), n, now, PhoneFit())
			if Width(s) > 40 || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n") {
				t.Errorf("%d columns: %q", Width(s), s)
			}
		}
		fit := Fit{Limit: 20, Measure: Width, Ellipsis: "…"}
		if s := fit.Cut(OneLine(host)); Width(s) > 20 {
			t.Errorf("%d columns: %q", Width(s), s)
		}
		for line := range strings.SplitSeq(Quote([]byte(check), 3), "\n") {
			if Width(line) > 76 || OneLine(line) != line {
				t.Errorf("quoted: %q", line)
			}
		}
	})
}

func TestWhatIsCutEndsAtABlankWhenOneIsNear(t *testing.T) {
	fit := Fit{Limit: 12, Measure: Width, Ellipsis: "..."}
	for s, want := range map[string]string{"short": "short", "just as long": "just as long", "a longer line of words": "a longer...", "abcdefghijklmno": "abcdefghi...", "日本語日本語日本語": "日本語日..."} {
		if got := fit.Cut(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

// A receiver may count on valid JSON whatever a check says, and on the absence
// of what does not apply.
func FuzzFieldsAreValidWhateverACheckSays(f *testing.F) {
	f.Add("x", "y")
	f.Add("\x00\xff\"\\", "\u202e\n")
	f.Fuzz(func(t *testing.T, host, said string) {
		n, now := about(host, said, host, checks.Critical, time.Minute)
		n.Notice.Summary, n.Notice.Evidence, n.Broken = text.Verbatim(said), []byte(said), errors.New(said)
		fields := FieldsOf(ChannelDeps{Words: text.Default(), Now: func() time.Time { return now }}, n)
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if _, ok := back["ack_link"]; ok || back["warning"] == "" || back["version"] != 1.0 {
			t.Errorf("%s", b)
		}
		for name, v := range back {
			if s, ok := v.(string); ok && name != "evidence" && OneLine(s) != s {
				t.Errorf("%s: %q", name, s)
			}
		}
	})
}

func TestAPeerMayPutOffTheNextAttemptButNotForHours(t *testing.T) {
	for after, want := range map[time.Duration][2]time.Duration{
		time.Second: {4 * time.Second, 6 * time.Second}, 90 * time.Second: {90 * time.Second, 91 * time.Second}, 48 * time.Hour: {LongestLater, LongestLater + time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			q, p := &queue{}, &peer{script: []error{Later{Err: errors.New("429"), After: after}}}
			o, stop := run(t, q, p)
			defer stop()
			start := time.Now()
			o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, nil)
			for q.state("a") != alerting.MessageSent {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(start); took < want[0] || took > want[1] {
				t.Errorf("%s: told after %s, want %s", after, took, want)
			}
		})
	}
}

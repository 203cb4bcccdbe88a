package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
)

// withWays has every way to take a problem.
func withWays() Deps {
	d := testDeps()
	d.AckLink = func(m alerting.Message) string { return "https://monitor.example.net/ack/" + m.Contact + "?t=a&b=1" }
	d.ReplyTo = func(alerting.Message) string { return "ack+0123456789abcdef@monitor.example.net" }
	d.Now = func() time.Time { return base.Add(12*time.Minute + 34*time.Second) }
	return d
}

func TestAProblemCanBeTakenByLinkAndByReply(t *testing.T) {
	p := takeApart(t, composedWith(t, problem(""), withWays()))
	if got := p.header.Get("Reply-To"); got != "<ack+0123456789abcdef@monitor.example.net>" {
		t.Errorf("Reply-To %q", got)
	}
	for part, s := range map[string]string{"plain": p.plain, "html": p.html} {
		if !strings.Contains(s, "Take it") || !strings.Contains(s, "Reply to this mail to take the problem.") {
			t.Errorf("the %s part does not say how to take it:\n%s", part, s)
		}
	}
	if !strings.Contains(p.plain, "https://monitor.example.net/ack/noc?t=a&b=1\n") || !strings.Contains(p.html, `href="https://monitor.example.net/ack/noc?t=a&amp;b=1"`) {
		t.Errorf("the link is not there:\n%s\n%s", p.plain, p.html)
	}
}

func TestNothingIsLeftToTakeInARecovery(t *testing.T) {
	for _, form := range []string{"", FormShort} {
		n := recovery("")
		n.Form = form
		p := takeApart(t, composedWith(t, n, withWays()))
		if p.header.Get("Reply-To") != "" || strings.Contains(p.plain+p.html, "/ack/") || strings.Contains(p.plain, "Reply to") {
			t.Errorf("form %q: %v\n%s", form, p.header, p.plain)
		}
	}
}

// A link that is no link of the web, or an address with a line break, does no
// harm: both come from this installation, but are checked like all else.
func TestAnAddressThatIsNoneIsLeftOut(t *testing.T) {
	d := withWays()
	d.ReplyTo = func(alerting.Message) string { return "a@example.net\r\nBcc: b@example.net" }
	d.AckLink = func(alerting.Message) string { return "javascript:alert(1)" }
	p := takeApart(t, composedWith(t, problem(""), d))
	if p.header.Get("Reply-To") != "" || p.header.Get("Bcc") != "" || strings.Contains(p.html, "javascript:") {
		t.Errorf("%v\n%s", p.header, p.html)
	}
}

func TestTheShortFormSaysItInThreeLines(t *testing.T) {
	plain := withWays()
	plain.AckLink = nil
	down := problem("")
	down.Notice.Service = checks.Service{Host: "db1", Check: "sql"}
	long := problem("")
	long.Notice.Service = checks.Service{Host: "frontend-proxy-node-017.tokyo.example.net", Check: "filesystem", Item: "/var/lib/postgresql/15/main"}
	for name, c := range map[string]struct {
		n    notify.Notification
		deps Deps
	}{
		"short-problem-en": {down, withWays()}, "short-recovery-en": {recovery(""), withWays()},
		"short-problem-ja": {japanese(down), withWays()}, "short-recovery-ja": {japanese(recovery("")), withWays()},
		"short-reply-en": {down, plain}, "short-reply-ja": {japanese(down), plain},
		"short-long-en": {long, withWays()}, "short-long-ja": {japanese(long), withWays()},
	} {
		t.Run(name, func(t *testing.T) {
			c.n.Form = FormShort
			p := takeApart(t, composedWith(t, c.n, c.deps))
			if w := notify.Width(p.subject); w > 40 || strings.Join(p.kinds, " ") != "text/plain" {
				t.Errorf("a subject of %d columns, parts %v", w, p.kinds)
			}
			if n := strings.Count(p.plain, "\n"); n < 2 || n > 3 {
				t.Errorf("%d lines", n)
			}
			got := "Subject: " + p.subject + "\n\n" + p.plain
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}

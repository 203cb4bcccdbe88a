package mailloop

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/checks/internal/dialogue"
	"monitord/internal/checkcli"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/dovecottest"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loop is a mail server whose mailbox can be read.
type loop struct {
	relay    *postfixtest.Server
	box      *dovecottest.Server
	sendPort int
}

func newLoop(t *testing.T) loop {
	relay := postfixtest.Start(t)
	box := dovecottest.Start(t, dovecottest.Options{Maildir: relay.Maildir(), Owner: "postfix"})
	_, p, _ := net.SplitHostPort(relay.Addr)
	port, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return loop{relay, box, port}
}

func (l loop) with(t *testing.T, change ...func(*Config)) *Config {
	c := DefaultConfig()
	c.Sender, c.Recipient = "monitor@example.net", "anna@example.net"
	c.SendPort, c.ReadPort, c.ReadTLS = l.sendPort, l.box.IMAP, dialogue.ModeNone
	c.ReadUsername, c.ReadPassword, c.Plaintext = dovecottest.User, checktest.Secret(t, dovecottest.Password), true
	c.Poll = 100 * time.Millisecond
	for _, f := range change {
		f(&c)
	}
	return &c
}

func pop3(l loop) func(*Config) {
	return func(c *Config) { c.Read, c.ReadPort = ReadPOP3, l.box.POP3 }
}

// put lays a mail of an age into the mailbox.
func (l loop) put(t *testing.T, name string, age time.Duration, header string) string {
	t.Helper()
	at := time.Now().Add(-age)
	file := filepath.Join(l.relay.Maildir(), "new", fmt.Sprintf("%d.%s.test", at.Unix(), name))
	if err := os.WriteFile(file, []byte("From: <a@example.net>\n"+header+"Subject: "+name+"\n\nx\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	return name
}

// subjects lists what is in the mailbox.
func (l loop) subjects(t *testing.T) string {
	t.Helper()
	var all []string
	for _, sub := range []string{"new", "cur"} {
		files, _ := filepath.Glob(filepath.Join(l.relay.Maildir(), sub, "*"))
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(raw), "Subject: ")
			subject, _, _ := strings.Cut(rest, "\n")
			all = append(all, subject)
		}
	}
	return strings.Join(all, ",")
}

func TestTheMailComesBackAndIsDeleted(t *testing.T) {
	l := newLoop(t)
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
	}{
		{"imap", l.with(t), checks.OK, ""},
		{"pop3", l.with(t, pop3(l)), checks.OK, ""},
		{"imap over tls", l.with(t, func(c *Config) {
			c.ReadPort, c.ReadTLS, c.CAFile, c.ReadHost = l.box.IMAPS, dialogue.ModeImplicit, l.box.CertFile, "127.0.0.1"
		}), checks.OK, ""},
		{"too slow", l.with(t, func(c *Config) { c.Warning = &checks.Threshold{Range: checks.Range{End: 1e-9}} }), checks.Warning, checks.ReasonThreshold},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := checktest.Run(t, Type(), tt.config, "127.0.0.1", 2*checktest.Timeout)
			checktest.Want(t, r, tt.state, tt.reason, "delivery")
			if len(r.Perf) != 2 || r.Perf[0].Value <= r.Perf[1].Value || r.Perf[1].Value <= 0 {
				t.Errorf("values %+v", r.Perf)
			}
			if left := l.subjects(t); left != "" {
				t.Errorf("left in the mailbox: %s", left)
			}
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"mailloop", "-H", "127.0.0.1", "--sender", "a@example.net", "--recipient", "b@example.net",
			"--send-port", strconv.Itoa(l.sendPort), "--read-port", strconv.Itoa(l.box.IMAPS), "--tls-ca-file", l.box.CertFile, "--poll", "100ms",
			"--read-username", dovecottest.User, "--read-password-file", checktest.Secret(t, dovecottest.Password).File}, []checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "MAILLOOP OK - the mail to b@example.net came back after ") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
}

func TestOnlyOurOwnLateMailsAreDeleted(t *testing.T) {
	l := newLoop(t)
	for name, change := range map[string]func(*Config){"imap": func(*Config) {}, "pop3": pop3(l)} {
		t.Run(name, func(t *testing.T) {
			mark := func(age time.Duration) string {
				return fmt.Sprintf("%s: %d OTHERTOKEN\n", header, time.Now().Add(-age).Unix())
			}
			checktest.Run(t, Type(), l.with(t, change), "127.0.0.1", checktest.Timeout) // the folders are there now
			l.put(t, "late", 72*time.Hour, mark(72*time.Hour))
			l.put(t, "underway", time.Hour, mark(time.Hour))
			l.put(t, "love-letter", 72*time.Hour, "")
			r := checktest.Run(t, Type(), l.with(t, change), "127.0.0.1", checktest.Timeout)
			checktest.Want(t, r, checks.OK, "", "delivery")
			left := l.subjects(t)
			if strings.Contains(left, "late") || !strings.Contains(left, "underway") || !strings.Contains(left, "love-letter") || strings.Contains(left, "monitord") {
				t.Errorf("left in the mailbox: %s", left)
			}
			for _, sub := range []string{"new", "cur"} {
				files, _ := filepath.Glob(filepath.Join(l.relay.Maildir(), sub, "*"))
				for _, f := range files {
					os.Remove(f)
				}
			}
		})
	}
}

func TestEachPartThatFailsIsNamed(t *testing.T) {
	l := newLoop(t)
	elsewhere := dovecottest.Start(t, dovecottest.Options{}) // nobody delivers there
	stopped := testproc.FreePort(t)
	try := func(name string, reason checks.Reason, phase string, change func(*Config)) {
		t.Helper()
		r := checktest.Run(t, Type(), l.with(t, change), "127.0.0.1", 2*time.Second)
		t.Log(name, checktest.Say(r))
		checktest.Want(t, r, checks.Critical, reason, phase)
	}
	try("nobody takes the mail", checks.ReasonConnect, "connect", func(c *Config) { c.SendPort = stopped })
	try("the relay is silent", checks.ReasonTimeout, "banner", func(c *Config) { c.SendPort = testnginx.Bad(t, testnginx.Silent) })
	try("a byte a second", checks.ReasonTimeout, "banner", func(c *Config) { c.SendPort = testnginx.Bad(t, testnginx.Trickle("22", 100*time.Millisecond)) })
	try("without end", checks.ReasonProtocol, "banner", func(c *Config) { c.SendPort = testnginx.Bad(t, testnginx.Endless("220 ")) })
	try("the wrong server", checks.ReasonProtocol, "banner", func(c *Config) { c.SendPort = l.box.IMAP })
	try("the mail is refused", checks.ReasonStatus, "recipient", func(c *Config) { c.Recipient = "refused@example.net" })
	try("the mail is refused late", checks.ReasonStatus, "data", func(c *Config) {
		c.SendPort = testnginx.Bad(t, testnginx.Says("220 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n554 spam\r\n"))
	})
	try("nobody reads", checks.ReasonConnect, "connect", func(c *Config) { c.ReadPort = stopped })
	try("the reader is silent", checks.ReasonTimeout, "banner", func(c *Config) { c.ReadPort = testnginx.Bad(t, testnginx.Silent) })
	try("no such mailbox", checks.ReasonStatus, "mailbox", func(c *Config) { c.Mailbox = "Nowhere" })
	try("wrong password", checks.ReasonAuth, "auth", func(c *Config) { c.ReadPassword = checktest.Secret(t, "wrong") })
	try("the mail is lost", checks.ReasonTimeout, "delivery", func(c *Config) { c.ReadPort = elsewhere.IMAP })
	try("the mail is lost to pop3", checks.ReasonTimeout, "delivery", func(c *Config) { c.Read, c.ReadPort = ReadPOP3, elsewhere.POP3 })
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := DefaultConfig()
	c.Sender, c.Recipient, c.Family, c.Read, c.ReadTLS, c.SendPort, c.Poll, c.Mailbox = "x", "a b@c", "ip5", "uucp", "ssl", -1, 0, ""
	err := c.Validate()
	for _, want := range []string{"sender:", "recipient:", "family:", "read:", "read_tls:", "send_port:", "poll:", "mailbox:", "read_username:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err != nil && strings.Count(err.Error(), "family:") != 1 {
		t.Errorf("family is said twice: %v", err)
	}
}

func TestTheMailIsOurs(t *testing.T) {
	m := newMail(time.Unix(1700000000, 0))
	lines := strings.Split(m.text("a@example.net", "b@example.net"), "\r\n")
	at, token, ok := mark(lines)
	if !ok || token != m.token || !at.Equal(m.at) {
		t.Errorf("got %v, %q, %v of %q", at, token, ok, lines)
	}
	for _, l := range lines {
		if strings.ContainsAny(l, "\r\n") || len(l) > 998 {
			t.Errorf("line %q", l)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add(header + ": 1700000000 TOKEN")
	f.Add("x-monitord-mailloop: 1\nSubject: x")
	f.Fuzz(func(t *testing.T, head string) {
		if _, token, ok := mark(strings.Split(head, "\n")); ok && strings.ContainsAny(token, " \t") {
			t.Errorf("token %q", token)
		}
	})
}

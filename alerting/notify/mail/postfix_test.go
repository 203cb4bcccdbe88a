package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/text"
)

var base = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// dot is a PNG of one pixel.
var dot, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")

func testDeps() Deps {
	return Deps{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return base }, Words: text.Default(),
		Link:    func(s checks.Service) string { return "https://monitor.example.net/hosts/" + s.Host },
		Picture: func(context.Context, checks.Service, int, int, text.Lang) ([]byte, error) { return dot, nil }}
}

func newChannel(t *testing.T, c Config, deps Deps) *Channel {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	ch, err := New(c, deps)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func problem(to string) notify.Notification {
	return notify.Notification{Message: alerting.Message{ID: "i1.problem1.abc.xyz", Thread: "i1.problem1.abc.xyz", Incident: 1, Kind: alerting.KindProblem,
		Contact: "noc", Channel: "mail", To: to, Language: text.English, Zone: "UTC",
		Notice: alerting.Notice{Service: checks.Service{Host: "web1", Check: "http"}, Address: "192.0.2.10", State: checks.Critical, Worst: checks.Critical,
			Summary: text.Verbatim("HTTP 503 Service Unavailable"), Reason: checks.ReasonStatus,
			Phases:   []checks.Phase{{Name: "connect", Took: 1200 * time.Microsecond}, {Name: "first-byte", Took: 34 * time.Millisecond}},
			Evidence: []byte("HTTP/1.1 503 Service Unavailable\r\nServer: nginx\r\n\r\n<h1>503</h1>\r\n"),
			Since:    base, Opened: base.Add(20 * time.Second), Attempts: 3, Others: []string{"boss"}}}}
}

func recovery(to string) notify.Notification {
	n := problem(to)
	n.ID, n.Follows, n.Kind = "i1.recovery1.abc.xyz", n.ID, alerting.KindRecovery
	n.Notice.State, n.Notice.Summary, n.Notice.Reason = checks.OK, text.Verbatim("HTTP 200 OK"), checks.ReasonNone
	n.Notice.Closed = n.Notice.Opened.Add(754 * time.Second)
	return n
}

// parts is a mail taken apart by the standard library.
type parts struct {
	header      netmail.Header
	subject     string
	plain, html string
	picture     []byte
	kinds       []string
}

func takeApart(t *testing.T, raw []byte) parts {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	p := parts{header: m.Header}
	if p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	p.walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
	return p
}

func (p *parts) walk(t *testing.T, contentType, encoding string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	p.kinds = append(p.kinds, kind)
	if strings.HasPrefix(kind, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p.walk(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "text/plain":
		p.plain = strings.ReplaceAll(string(b), "\r\n", "\n")
	case "text/html":
		p.html = string(b)
	case "image/png":
		p.picture = b
	}
}

func TestPostfixDelivers(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts a real relay")
	}
	relay := postfixtest.Start(t)
	conf := func(change func(*Config)) Config {
		c := DefaultConfig()
		c.Relay, c.CAFile, c.From = relay.Addr, relay.CAFile, "monitord <monitord@example.net>"
		c.ServerName, c.Timeout = "localhost", 20*time.Second
		change(&c)
		return c
	}
	for _, c := range []struct {
		name string
		conf Config
		log  string
	}{
		{"starttls", conf(func(*Config) {}), "starttls=1"},
		{"implicit", conf(func(c *Config) { c.Relay, c.TLS = relay.Implicit, TLSImplicit }), ""},
		{"plain", conf(func(c *Config) { c.TLS = TLSNone }), "ehlo=1 mail=1"},
		{"opportunistic", conf(func(c *Config) { c.TLS, c.CAFile = TLSOpportunistic, "" }), "starttls=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := newChannel(t, c.conf, testDeps())
			for i, n := range []notify.Notification{problem(c.name + "@example.net"), recovery(c.name + "@example.net")} {
				answer, err := ch.Send(t.Context(), n)
				if err != nil {
					t.Fatalf("%v\n%s", err, relay.Log())
				}
				if !strings.Contains(answer, "queued as") {
					t.Errorf("answer %q", answer)
				}
				relay.Wait(t, c.name, i+1, 10*time.Second)
			}
			mails := relay.Mails(c.name)
			p, r := takeApart(t, mails[0]), takeApart(t, mails[1])
			if p.subject != "CRITICAL web1/http: HTTP 503 Service Unavailable" || r.subject != "RECOVERED web1/http after 12 min 34 s" {
				t.Errorf("subjects %q, %q", p.subject, r.subject)
			}
			if id := p.header.Get("Message-ID"); id != "<i1.problem1.abc.xyz@example.net>" || r.header.Get("In-Reply-To") != id || r.header.Get("References") != id {
				t.Errorf("thread: %s, then %s, %s", id, r.header.Get("In-Reply-To"), r.header.Get("References"))
			}
			if !bytes.Equal(p.picture, dot) || strings.Join(p.kinds, " ") != "multipart/alternative text/plain multipart/related text/html image/png" {
				t.Errorf("parts %v, %d bytes of picture", p.kinds, len(p.picture))
			}
			if log := relay.Log(); !strings.Contains(log, c.log) {
				t.Errorf("the relay's log lacks %q:\n%s", c.log, log)
			}
		})
	}
	for _, c := range []struct {
		name, to  string
		conf      Config
		permanent bool
		want      string
	}{
		{"no such user", "refused@example.net", conf(func(*Config) {}), true, "no such user"},
		{"foreign domain", "noc@elsewhere.example", conf(func(*Config) {}), true, "Relay access denied"},
		{"unknown authority", "noc@example.net", conf(func(c *Config) { c.CAFile = "" }), false, "certificate"},
		{"wrong name", "noc@example.net", conf(func(c *Config) { c.ServerName = "mail.example.org" }), false, "mail.example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newChannel(t, c.conf, testDeps()).Send(t.Context(), problem(c.to))
			_, permanent := errors.AsType[notify.Permanent](err)
			if err == nil || permanent != c.permanent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (permanent %v), want %q (permanent %v)", err, permanent, c.want, c.permanent)
			}
		})
	}
	t.Run("relay away and back", func(t *testing.T) {
		ch := newChannel(t, conf(func(*Config) {}), testDeps())
		relay.Stop(t)
		_, err := ch.Send(t.Context(), problem("back@example.net"))
		if _, permanent := errors.AsType[notify.Permanent](err); err == nil || permanent {
			t.Errorf("without a relay: %v", err)
		}
		relay.Run(t)
		if _, err := ch.Send(t.Context(), problem("back@example.net")); err != nil {
			t.Error(err)
		}
		relay.Wait(t, "back", 1, 10*time.Second)
	})
}

package replies

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/internal/acktoken"
	"monitord/internal/inventory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Tokens of the fake desk.
var (
	good     = token('a') // noc's, of incident 7
	expired  = token('b')
	forged   = token('c')
	stranger = token('d')
	byPhone  = token('e') // of a message that was a call
)

func token(c rune) string { return strings.Repeat(string(c), acktoken.Length) }

// desk is a fake of claim.Desk with one incident.
type desk struct {
	mu    sync.Mutex
	taken []string // "reason until" of each
	given int
	held  string // by another contact
	err   error
}

func (d *desk) Find(t string) (claim.Claim, error) {
	c := claim.Claim{Contact: inventory.Contact{Name: "noc"}, Channel: "mail", Address: "noc@example.net", Incident: alerting.Incident{ID: 7}}
	switch strings.ToLower(t) {
	case good:
		return c, nil
	case byPhone:
		c.Channel, c.Address = "phone", "sip:noc@example.net"
		return c, nil
	case expired:
		return claim.Claim{}, acktoken.ErrExpired
	case forged:
		return claim.Claim{}, acktoken.ErrForged
	case stranger:
		return claim.Claim{}, claim.ErrStranger
	}
	return claim.Claim{}, acktoken.ErrMalformed
}

func (d *desk) Take(_ context.Context, _ claim.Claim, way, reason string, until time.Time) (claim.Outcome, alerting.Ack, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.err != nil:
		return "", alerting.Ack{}, d.err
	case d.held != "":
		return claim.Held, alerting.Ack{By: d.held}, nil
	case len(d.taken) > 0:
		return claim.Yours, alerting.Ack{By: claim.By("noc", way)}, nil
	}
	span := "0s"
	if !until.IsZero() {
		span = until.Sub(start).String()
	}
	d.taken = append(d.taken, reason+" "+span)
	return claim.Taken, alerting.Ack{By: claim.By("noc", way)}, nil
}

func (d *desk) Give(context.Context, claim.Claim, string) (claim.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return "", d.err
	}
	d.given++
	return claim.Given, nil
}

// start is when all tests happen, for the server.
var start = time.Date(2026, 11, 29, 3, 14, 0, 0, time.UTC)

// door is a running server.
type door struct {
	*Server
	desk   *desk
	addr   string
	mu     sync.Mutex
	events []alerting.Event
	stop   func()
}

// open runs a server on loopback until the test ends.
func open(t testing.TB, change func(*Config, *Deps)) *door {
	t.Helper()
	d := &door{desk: &desk{}}
	cfg := Config{Listen: "127.0.0.1:0", Networks: []string{"127.0.0.0/8"}, Domain: "ack.example.net", Hostname: "monitor.example.net"}
	deps := Deps{
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return start }, Claims: d.desk,
		OurFrom: func() string { return "monitord@example.net" },
		Journal: func(e alerting.Event) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.events = append(d.events, e)
		},
	}
	if change != nil {
		change(&cfg, &deps)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	ln, err := Listen(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if d.Server, err = New(cfg, ln, deps); err != nil {
		t.Fatal(err)
	}
	d.addr = ln.Addr().String()
	d.limits.grace, d.limits.connBytes = 20*time.Millisecond, 2*maxMailBytes
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(d.stop)
	return d
}

// counted is how often an outcome was counted.
func (d *door) counted(outcome string) int {
	return int(testutil.ToFloat64(d.replies.WithLabelValues(outcome)))
}

// peer is a raw SMTP client: it writes what a test says, also what is wrong.
type peer struct {
	t testing.TB
	*textproto.Conn
	raw net.Conn
}

func (d *door) dial(t testing.TB) *peer {
	t.Helper()
	c, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	p := &peer{t, textproto.NewConn(c), c}
	t.Cleanup(func() { p.Close() })
	return p
}

// say sends a line and returns the whole answer as one text.
func (p *peer) say(format string, args ...any) string {
	p.t.Helper()
	if err := p.PrintfLine(format, args...); err != nil {
		p.t.Fatal(err)
	}
	return p.hear()
}

func (p *peer) hear() string {
	p.t.Helper()
	code, message, err := p.ReadResponse(0)
	if _, ok := err.(*textproto.Error); err != nil && !ok {
		p.t.Fatalf("no answer: %v", err)
	}
	return fmt.Sprint(code, " ", message)
}

// envelope says everything before the mail itself; it fails the test unless that
// is taken.
func (p *peer) envelope(from, to string) {
	p.t.Helper()
	for _, step := range []string{p.hear(), p.say("EHLO relay.example.net"), p.say("MAIL FROM:<%s>", from), p.say("RCPT TO:<%s>", to), p.say("DATA")} {
		if step[0] != '2' && step[0] != '3' {
			p.t.Fatalf("the envelope is refused: %s", step)
		}
	}
}

// send hands one mail over and returns the last answer.
func (d *door) send(t testing.TB, from, to, mail string) string {
	t.Helper()
	p := d.dial(t)
	p.envelope(from, to)
	return p.mail(mail)
}

// mail writes a mail, with the end of it, and returns the answer.
func (p *peer) mail(mail string) string {
	p.t.Helper()
	w := p.DotWriter()
	if _, err := w.Write([]byte(mail)); err != nil {
		p.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	return p.hear()
}

const ackTo = "ack+%s@ack.example.net"

func to(token string) string { return fmt.Sprintf(ackTo, token) }

// reply is a mail as a person's program writes it; more header fields may follow
// each other in more.
func reply(text string, more ...string) string {
	return strings.Join(append(append([]string{
		"From: NOC <noc@example.net>", "To: <" + to(good) + ">", "Subject: Re: CRITICAL db1/pgsql", "Date: Sun, 29 Nov 2026 03:15:00 +0000",
		"Message-ID: <1@example.net>", "MIME-Version: 1.0",
	}, more...), "", text), "\n") + "\n"
}

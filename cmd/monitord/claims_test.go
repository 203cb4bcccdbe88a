package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"monitord/alerting"
	"monitord/internal/rungroup"
)

// takenServer runs a server in this process whose one check fails, and which
// told noc of it at a relay that takes everything.
type takenServer struct {
	*server
	t    *testing.T
	data string
	log  lines
}

// lines is a log that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startTaken(t *testing.T, more string) *takenServer {
	t.Helper()
	dir := t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	relay := startRelay(t)
	path := filepath.Join(dir, "c.yaml")
	text := fmt.Sprintf(`listen: 127.0.0.1:0
probes: {listen: "127.0.0.1:0"}
mail: {relay: %q, tls: none, from: monitord@example.net}
hosts:
  web1:
    address: 127.0.0.1
    alive: none
    checks: {front: {type: tcp, port: %s, interval: 2s, retry_interval: 1s, timeout: 500ms, max_attempts: 1}}
contacts: {noc: {channels: [{mail: noc@example.net}]}}
escalations: [{steps: [{to: noc}]}]
`, relay, port)
	if err := os.WriteFile(path, []byte(text+more), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := loadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	w := &takenServer{t: t, data: filepath.Join(dir, "d")}
	if err := os.Mkdir(w.data, 0o700); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if w.server, err = newServer(t.Context(), first, w.data, log); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- rungroup.Stages(ctx, w.takers(), w.judges(), w.keepers()) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		w.close()
	})
	return w
}

// relay takes every mail and forgets it.
type relay struct{ smtp.Session }

func (relay) Mail(string, *smtp.MailOptions) error { return nil }
func (relay) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (relay) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
func (relay) Reset()                               {}
func (relay) Logout() error                        { return nil }

func startRelay(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return relay{}, nil }))
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(l)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return l.Addr().String()
}

// incident waits for the incident and the message about it.
func (w *takenServer) incident() alerting.Incident {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if list := w.engine.Incidents(alerting.IncidentFilter{Open: true}); len(list) == 1 && len(list[0].Notified) == 1 && list[0].Notified[0].State == alerting.MessageSent {
			return list[0]
		}
	}
	w.t.Fatal("no incident was told of")
	return alerting.Incident{}
}

func (w *takenServer) holder() string {
	in, _ := w.engine.Incident(1)
	return in.AckedBy
}

// ask is a request as a browser sends it that was given a link.
func (w *takenServer) ask(method, link string, head ...string) (int, string) {
	w.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(method, "http://"+w.listener.Addr().String()+u.Path, strings.NewReader("reason=on+it"))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Host = u.Host
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestAnIncidentIsTakenByLinkByReplyAndByNumber(t *testing.T) {
	w := startTaken(t, `auth: always
public_url: https://monitor.example.net
replies: {listen: "127.0.0.1:0", networks: [127.0.0.1], domain: ack.example.net}
`)
	in := w.incident()
	told := in.Notified[0]
	deps := w.channelDeps()
	m := alerting.Message{Incident: in.ID, Kind: alerting.KindProblem, Contact: told.Contact, Channel: told.Channel, To: told.To, Queued: told.Queued}
	link := deps.AckLink(m)
	if !strings.HasPrefix(link, "https://monitor.example.net/ack/") {
		t.Fatalf("the link is %q", link)
	}
	want := func(what string, got, code int, holder string) {
		t.Helper()
		if got != code || w.holder() != holder {
			t.Errorf("%s: %d, and %q has it; want %d and %q", what, got, w.holder(), code, holder)
		}
	}
	code, body := w.ask("GET", link)
	want("looking", code, 200, "")
	if !strings.Contains(body, "web1/front") || !strings.Contains(body, "<form") {
		t.Errorf("the page: %s", body)
	}
	code, _ = w.ask("HEAD", link)
	want("a scanner", code, 200, "")
	code, _ = w.ask("POST", link, "Origin", "https://evil.example")
	want("another site", code, 403, "")
	code, _ = w.ask("POST", link[:len(link)-1])
	want("a broken link", code, 404, "")
	code, _ = w.ask("POST", strings.TrimSuffix(link, link[strings.LastIndex(link, "/"):]))
	want("no token at all", code, 401, "")
	code, _ = w.ask("POST", link, "Origin", "https://monitor.example.net", "Sec-Fetch-Site", "same-origin")
	want("pressing", code, 200, "noc (link)")
	code, body = w.ask("POST", link)
	want("pressing twice", code, 200, "noc (link)")
	if !strings.Contains(body, "You have had it since") {
		t.Errorf("pressed twice: %s", body)
	}

	reply := func(from, line string) error {
		c, err := smtp.Dial(w.mail.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return errors.Join(c.SendMail(from, []string{deps.ReplyTo(m)}, strings.NewReader("From: "+from+"\r\n\r\n"+line+"\r\n")), c.Quit())
	}
	if err := reply("boss@example.net", "unack"); err == nil || w.holder() != "noc (link)" {
		t.Errorf("somebody else gives it back: %v, %q has it", err, w.holder())
	}
	if err := reply("noc@example.net", "unack"); err != nil || w.holder() != "" {
		t.Errorf("given back by reply: %v, %q has it", err, w.holder())
	}
	if err := reply("noc@example.net", "new disk"); err != nil || w.holder() != "noc (reply)" {
		t.Errorf("taken by reply: %v, %q has it", err, w.holder())
	}
	if err := deps.Acknowledge(t.Context(), m, "phone key 1"); err != nil || w.holder() != "noc (reply)" {
		t.Errorf("taken by phone, too: %v, %q has it", err, w.holder())
	}

	verb := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), append(args, "--data", w.data), strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, says := verb("ack", "--incident", "1", "--undo", "--by", "boss"); code != 0 || !strings.Contains(says, "web1/front") || w.holder() != "" {
		t.Errorf("undone by number: %d %s", code, says)
	}
	if code, says := verb("ack", "--incident", "1", "--by", "boss"); code != 0 || w.holder() != "boss" {
		t.Errorf("taken by number: %d %s", code, says)
	}
	if err := deps.Acknowledge(t.Context(), m, "phone key 1"); !errors.Is(err, alerting.ErrTaken) {
		t.Errorf("the phone takes what boss has: %v", err)
	}
	if code, says := verb("ack", "--incident", "4711"); code != exitFailure || !strings.Contains(says, "no such incident") {
		t.Errorf("no incident: %d %s", code, says)
	}

	_, token, _ := strings.Cut(link, "/ack/")
	if strings.Contains(w.log.String(), token) {
		t.Error("the log holds the token")
	}
	events, err := w.journal.Events(t.Context(), alerting.EventFilter{Kind: alerting.EventReply})
	if err != nil || len(events) != 1 || events[0].Incident != in.ID || strings.Contains(string(events[0].Data), token) {
		t.Errorf("refused replies in the journal: %+v, %v", events, err)
	}
}

func TestNobodyIsSentALinkThatOpensOnThisMachineAlone(t *testing.T) {
	w := startTaken(t, "")
	in := w.incident()
	m := alerting.Message{Incident: in.ID, Kind: alerting.KindProblem, Contact: "noc", Channel: "mail", To: "noc@example.net", Queued: time.Now()}
	if deps := w.channelDeps(); deps.AckLink(m) != "" || deps.ReplyTo(m) != "" {
		t.Errorf("link %q, reply to %q", deps.AckLink(m), deps.ReplyTo(m))
	}
}

//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/postfixtest"
)

// mainJob: a web server stops; after the configured attempts its state is hard;
// one mail with the picture arrives; it starts again; one recovery arrives. The
// same with the server killed between the state and the hand-over, and with the
// relay away for a minute.
func mainJob(t *testing.T) {
	needRoot(t, "postfix")
	t.Run("first graphs", firstGraphs)
	t.Run("problem and recovery", problemAndRecovery)
	t.Run("killed before the hand-over", killedBeforeHandOver)
	t.Run("relay down for a minute", relayDown)
}

// attempts is max_attempts of the story's check.
const attempts = 3

// night is the cast of the story.
type night struct {
	*world
	web   *testnginx.Server
	relay *postfixtest.Server
}

const webService = "web1/front"

func newNight(t *testing.T) *night {
	n := &night{world: newWorld(t), web: testnginx.New(t, testnginx.Options{}), relay: postfixtest.Start(t)}
	n.configure(fmt.Sprintf(`
hosts:
  web1:
    address: 127.0.0.1
    alive: none
    checks:
      front: {type: http, url: %q, interval: 2s, retry_interval: 1s, timeout: 900ms, max_attempts: %d}
contacts:
  noc: {language: ja, channels: [{mail: noc@example.net}]}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
`, n.web.URL("/"), attempts, n.relay.Addr, n.relay.CAFile))
	n.serve()
	n.awaitState(20*time.Second, webService, "OK")
	return n
}

// firstGraphs: within 15 seconds of listening, without any configuration, a
// value is stored, the wall and the host's page show the host, four pictures
// have data.
func firstGraphs(t *testing.T) {
	w := newWorld(t)
	w.configure("")
	w.serve()
	listening := time.Now()
	w.probe(w.enrol("node1"))
	eventually(t, 15*time.Second, "node_load1 with a host label is stored", func() string {
		body, err := w.try("/api/v1/query?query=" + url.QueryEscape(`node_load1{host="node1"}`))
		if err != nil || !strings.Contains(body, `"host":"node1"`) {
			return fmt.Sprintf("%v %s", err, body)
		}
		return ""
	})
	eventually(t, time.Until(listening.Add(15*time.Second)), "wall and host page show the host", func() string {
		for _, path := range []string{"/wall", "/hosts/node1", "/"} {
			if body, err := w.try(path); err != nil || !strings.Contains(body, "node1") {
				return fmt.Sprintf("%s: %v", path, err)
			}
		}
		return ""
	})
	for _, name := range []string{"cpu", "io", "memory", "load"} {
		eventually(t, time.Until(listening.Add(15*time.Second)), name+" picture has data", func() string {
			body, err := w.try("/graph/node1/" + name + ".svg?range=15m&lang=en")
			if err != nil {
				return err.Error()
			}
			if !strings.Contains(body, "<svg") || strings.Contains(body, "no data") {
				return "it has none"
			}
			return ""
		})
	}
	say(t, "pictures with data %.1f s after listening", time.Since(listening).Seconds())
	for _, service := range []string{"node1/probe", "node1/memory", "node1/clock"} {
		w.awaitState(20*time.Second, service, "OK")
	}
}

func problemAndRecovery(t *testing.T) {
	n := newNight(t)
	n.web.Stop()
	say(t, "nginx is stopped")
	n.awaitState(20*time.Second, webService, "CRITICAL")
	problem := n.relay.Wait(t, "noc", 1, 20*time.Second)[0]
	n.attemptsAre(attempts)
	checkMail(t, problem, "CRITICAL", true)
	n.web.Start()
	say(t, "nginx is started")
	n.awaitState(20*time.Second, webService, "OK")
	mails := n.relay.Wait(t, "noc", 2, 20*time.Second)
	checkMail(t, mails[1], "", true)
	n.onlyMails(2)
}

func killedBeforeHandOver(t *testing.T) {
	n := newNight(t)
	n.relay.Stop(t)
	n.web.Stop()
	n.awaitState(20*time.Second, webService, "CRITICAL")
	n.server.kill()
	say(t, "the server is killed with the mail in its queue")
	n.relay.Run(t)
	n.serve()
	n.relay.Wait(t, "noc", 1, 60*time.Second)
	n.awaitState(20*time.Second, webService, "CRITICAL")
	n.web.Start()
	n.awaitState(20*time.Second, webService, "OK")
	n.relay.Wait(t, "noc", 2, 30*time.Second)
	n.onlyMails(2)
}

func relayDown(t *testing.T) {
	n := newNight(t)
	n.relay.Stop(t)
	n.web.Stop()
	n.awaitState(20*time.Second, webService, "CRITICAL")
	say(t, "the relay is away for a minute")
	time.Sleep(time.Minute) // the fault itself
	n.relay.Run(t)
	n.relay.Wait(t, "noc", 1, 3*time.Minute)
	n.web.Start()
	n.awaitState(20*time.Second, webService, "OK")
	n.relay.Wait(t, "noc", 2, 60*time.Second)
	n.onlyMails(2)
}

// attemptsAre checks the journal: soft attempts 1 … n-1, then hard.
func (n *night) attemptsAre(want int) {
	n.t.Helper()
	soft, hard := 0, 0
	for _, e := range n.events() {
		switch {
		case e.Service != webService || e.State != "CRITICAL":
		case strings.Contains(e.Text, "attempt"):
			soft++
		case e.Kind == "state":
			hard++
		}
	}
	say(n.t, "journal: %d soft, %d hard", soft, hard)
	if soft == 0 || hard != 1 {
		n.t.Errorf("journal has %d soft and %d hard entries: %+v", soft, hard, n.events())
	}
	var answer struct{ Services []service }
	n.get("/api/monitord/services", &answer)
	for _, s := range answer.Services {
		if s.Name == webService && (s.MaxAttempts != want || s.Attempt != want) {
			n.t.Errorf("attempt %d of %d, want %d of %d", s.Attempt, s.MaxAttempts, want, want)
		}
	}
}

// onlyMails waits a little for a mail too many.
func (n *night) onlyMails(want int) {
	n.t.Helper()
	for range 30 {
		if got := len(n.relay.Mails("noc")); got > want {
			n.t.Fatalf("%d mails, want %d", got, want)
		}
		time.Sleep(100 * time.Millisecond)
	}
	say(n.t, "%d mails, no more", want)
}

// checkMail reads a mail as a reader would: plain text that stands alone, HTML,
// and a picture that is a PNG with something drawn.
func checkMail(t *testing.T, raw []byte, word string, picture bool) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	say(t, "mail: %s", subject)
	if dir := os.Getenv("SHOTS"); dir != "" {
		keep(t, filepath.Join(dir, fmt.Sprintf("mail-%d.eml", time.Now().UnixMilli())), raw)
	}
	parts := map[string][]byte{}
	readParts(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, parts)
	plain := string(parts["text/plain"])
	if !strings.Contains(plain, webService) || !strings.Contains(plain, "http://127.0.0.1") {
		t.Errorf("the plain part does not stand alone:\n%s", plain)
	}
	if !strings.Contains(string(parts["text/html"]), "cid:") {
		t.Error("the HTML part shows no picture")
	}
	if picture {
		img, err := png.Decode(bytes.NewReader(parts["image/png"]))
		if err != nil {
			t.Fatalf("the picture is no PNG: %v", err)
		}
		if img.Bounds().Dx() < 300 {
			t.Errorf("the picture is %v", img.Bounds())
		}
	}
}

// plainPart is the text of a mail that stands alone.
func plainPart(t *testing.T, raw []byte) []byte {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	readParts(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, parts)
	return parts["text/plain"]
}

// keep writes a mail for looking at.
func keep(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readParts(t *testing.T, contentType, encoding string, body io.Reader, into map[string][]byte) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			readParts(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, into)
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	into[kind] = raw
}

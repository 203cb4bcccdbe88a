package mail

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script answers SMTP line by line: a command's first word gives the answer;
// "drop" ends the connection, "hang" answers nothing.
type script map[string]string

// serve runs a scripted relay on loopback until the test ends.
func serve(t *testing.T, s script) (addr string, lines func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		s.talk(conn, &got)
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), func() []string { l.Close(); <-done; return got }
}

func (s script) talk(conn net.Conn, got *[]string) {
	in := bufio.NewScanner(conn)
	answer := func(key, normal string) bool {
		a, ok := s[key]
		if !ok {
			a = normal
		}
		switch a {
		case "drop":
			return false
		case "hang":
			in.Scan()
			return false
		}
		fmt.Fprint(conn, strings.ReplaceAll(a, "\n", "\r\n")+"\r\n")
		return true
	}
	if !answer("connect", "220 scripted ESMTP") {
		return
	}
	data := false
	for in.Scan() {
		line := in.Text()
		*got = append(*got, line)
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		normal := "250 ok"
		switch {
		case data && line == ".":
			data, word = false, "."
		case data:
			if s["middle"] == "drop" {
				return
			}
			continue
		case word == "DATA":
			data, normal = true, "354 go on"
		case word == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		case !strings.Contains("EHLO MAIL RCPT DATA RSET AUTH HELO", word):
			word = "response" // to a challenge
		}
		if !answer(word, normal) {
			return
		}
	}
}

func scripted(t *testing.T, s script, change func(*Config)) (*Channel, func() []string) {
	t.Helper()
	addr, lines := serve(t, s)
	c := DefaultConfig()
	c.Relay, c.TLS, c.From, c.Helo, c.Timeout = addr, TLSNone, "monitord@example.net", "monitor.example.net", time.Second
	if change != nil {
		change(&c)
	}
	return newChannel(t, c, testDeps()), lines
}

func TestFaultsOfARelay(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		kind   string // ok, temporary, permanent or doubt
	}{
		{"takes it", script{}, "ok"},
		{"hangs before its greeting", script{"connect": "hang"}, "temporary"},
		{"refuses the connection", script{"connect": "554 go away"}, "temporary"},
		{"is busy", script{"connect": "421 busy"}, "temporary"},
		{"hangs at the envelope", script{"MAIL": "hang"}, "temporary"},
		{"greylists", script{"RCPT": "451 4.7.1 later"}, "temporary"},
		{"does not know the recipient", script{"RCPT": "550 5.1.1 unknown"}, "permanent"},
		{"refuses the sender", script{"MAIL": "553 5.1.8 who"}, "permanent"},
		{"drops in the middle of the message", script{"middle": "drop"}, "doubt or temporary"},
		{"drops after the message", script{".": "drop"}, "doubt"},
		{"hangs after the message", script{".": "hang"}, "doubt"},
		{"puts the message off", script{".": "452 4.3.1 full"}, "temporary"},
		{"refuses the message", script{".": "554 5.7.1 spam"}, "permanent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, _ := scripted(t, c.script, nil)
			start := time.Now()
			_, err := ch.Send(t.Context(), problem("noc@example.net"))
			kind := "temporary"
			if _, ok := errors.AsType[notify.Permanent](err); ok {
				kind = "permanent"
			} else if _, ok := errors.AsType[notify.InDoubt](err); ok {
				kind = "doubt"
			} else if err == nil {
				kind = "ok"
			}
			if !strings.Contains(c.kind, kind) {
				t.Errorf("got %s (%v), want %s", kind, err, c.kind)
			}
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %s with a timeout of 1 s", d)
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	mac := hmac.New(md5.New, []byte("secret"))
	mac.Write([]byte("<1@relay>"))
	for _, c := range []struct{ name, offer, auth, response, want string }{
		{"PLAIN", "AUTH LOGIN PLAIN CRAM-MD5", "235 welcome", "", "AUTH PLAIN " + b64([]byte("\x00user\x00secret"))},
		{"LOGIN", "AUTH LOGIN", "334 " + b64([]byte("Password:")), "235 welcome", b64([]byte("secret"))},
		{"CRAM-MD5", "AUTH CRAM-MD5", "334 " + b64([]byte("<1@relay>")), "235 welcome", b64(fmt.Appendf(nil, "user %x", mac.Sum(nil)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, lines := scripted(t, script{"EHLO": "250-scripted\n250 " + c.offer, "AUTH": c.auth, "response": c.response}, func(conf *Config) {
				conf.Username, conf.Password = "user", config.Secret{File: file}
			})
			if _, err := ch.Send(t.Context(), problem("noc@example.net")); err != nil {
				t.Error(err)
			}
			if got := strings.Join(lines(), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("the relay got\n%s\nwithout %s", got, c.want)
			}
		})
	}
	t.Run("a refusal is mended by people, not given up", func(t *testing.T) {
		ch, _ := scripted(t, script{"EHLO": "250-scripted\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}, func(conf *Config) {
			conf.Username, conf.Password = "user", config.Secret{File: file}
		})
		_, err := ch.Send(t.Context(), problem("noc@example.net"))
		if _, permanent := errors.AsType[notify.Permanent](err); err == nil || permanent || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
}

// far makes a loopback connection look as if it went over the network.
type far struct{ net.Conn }

func (far) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 25), Port: 25} }

type farDialer struct{ net.Dialer }

func (d *farDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return far{c}, nil
}

func TestAPasswordNeverCrossesAPlainNetwork(t *testing.T) {
	addr, lines := serve(t, script{"EHLO": "250-scripted\n250 AUTH PLAIN"})
	c := Config{Relay: addr, TLS: TLSNone, From: "m@example.net", Timeout: time.Second, Username: "user", Password: config.Secret{File: "/dev/null"}}
	deps := testDeps()
	deps.Dialer = &farDialer{}
	_, err := newChannel(t, c, deps).Send(t.Context(), problem("noc@example.net"))
	if err == nil || !strings.Contains(err.Error(), "not protected") {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(lines(), "\n"); strings.Contains(got, "AUTH") {
		t.Errorf("the relay got %s", got)
	}
}

func TestConfigFaultsAreToldTogether(t *testing.T) {
	good := Config{Relay: "[2001:db8::1]:587", TLS: TLSStart, From: "m@example.net", Timeout: time.Second}
	if err := errors.Join(good.Validate(), DefaultConfig().Validate()); err != nil {
		t.Error(err)
	}
	bad := Config{Relay: "mail.example.net", TLS: "ssl", From: "nobody", Helo: "a b", Timeout: time.Hour, Username: "user"}
	err := bad.Validate()
	for _, want := range []string{"relay: ", "tls: ", "from: ", "helo: ", "timeout: ", "password: "} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+want) {
			t.Errorf("no fault %q in %v", want, err)
		}
	}
	plain := Config{Relay: "mail.example.net:25", TLS: TLSNone, From: "m@example.net", Timeout: time.Second, Username: "u", Password: config.Secret{File: "f"}}
	if err := plain.Validate(); err == nil || !strings.Contains(err.Error(), "tls: got none with a password") {
		t.Errorf("a password over a plain network: %v", err)
	}
}

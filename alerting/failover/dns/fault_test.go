package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
	"monitord/internal/config"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/testproc"
)

func TestEachRefusalSaysWhatToDo(t *testing.T) {
	d := bind.NewDynamic(t, three)
	other := testproc.File(t, t.TempDir(), "other", "b3RoZXI=\n")
	junk := testproc.File(t, t.TempDir(), "junk", "key \"x\" {\n")
	for _, tt := range []struct {
		name   string
		change func(*Config)
		now    func() time.Time
		want   string
	}{
		{"key not known", func(c *Config) { c.Key.Name = "nobody" }, nil, "NOTAUTH (BADKEY): it does not know key nobody."},
		{"other algorithm", func(c *Config) { c.Key.Algorithm = "hmac-sha512" }, nil, "(BADKEY)"},
		{"other secret", func(c *Config) { c.Key.Secret = config.Secret{File: other} }, nil, "NOTAUTH (BADSIG): the secret of key monitord. differs"},
		{"no secret", func(c *Config) { c.Key.Secret = config.Secret{File: "/nonexistent/key"} }, nil, "read secret"},
		{"no base64", func(c *Config) { c.Key.Secret = config.Secret{File: junk} }, nil, "base64"},
		{"clock behind", nil, func() time.Time { return time.Now().Add(-time.Hour) }, "(BADTIME): the clocks differ too much: its clock is 1h0m0s ahead of ours"},
		{"clock ahead", nil, func() time.Time { return time.Now().Add(time.Hour) }, "its clock is 1h0m0s behind ours"},
		{"may only read", func(c *Config) { c.Key.Name = d.Reader }, nil, "REFUSED: it does not allow it (in BIND: allow-update { key \"reader.\"; }"},
		{"another zone", func(c *Config) { c.Zone = "example.org" }, nil, "REFUSED"},
		{"a zone above", func(c *Config) { c.Zone, c.Name = "test", "www.example.test" }, nil, "REFUSED"},
		{"a zone below", func(c *Config) { c.Zone, c.Name = "sub.example.test", "www" }, nil, "does not answer for zone sub.example.test. with authority"},
		{"stopped", func(c *Config) { c.Server = fmt.Sprintf("127.0.0.1:%d", testproc.FreePort(t)) }, nil, "connection refused (does it run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := action(t, d, tt.change)
			if tt.now != nil {
				a.deps.Now = tt.now
			}
			_, err := a.Do(t.Context(), web(1))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v; want %q", err, tt.want)
			}
			if _, unknown := errors.AsType[failover.Unknown](err); unknown {
				t.Errorf("%v: is known", err)
			}
			if files, _ := os.ReadDir(a.memory.Dir); len(files) > 0 {
				t.Errorf("left %v", files)
			}
		})
	}
	wantFound(t, d, all)
}

// middle is a peer between us and the server, which may spoil an exchange.
type middle struct {
	tb       testing.TB
	upstream string
	update   func(answer []byte) []byte // what becomes of the answer to an update that has a change; nil closes
	listener net.Listener
	wg       sync.WaitGroup
}

func newMiddle(t testing.TB, upstream string, update func([]byte) []byte) *middle {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middle{tb: t, upstream: upstream, update: update, listener: l}
	ctx, cancel := context.WithCancel(context.Background())
	m.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			m.wg.Go(func() { m.serve(ctx, c) })
		}
	})
	t.Cleanup(func() { cancel(); l.Close(); m.wg.Wait() })
	return m
}

func (m *middle) serve(ctx context.Context, c net.Conn) {
	defer c.Close()
	up, err := net.Dial("tcp", m.upstream)
	if err != nil {
		return
	}
	defer up.Close()
	defer context.AfterFunc(ctx, func() { c.Close(); up.Close() })()
	for {
		question, err := readFrame(c)
		if err != nil {
			return
		}
		writeFrame(up, question)
		answer, err := readFrame(up)
		if err != nil {
			return
		}
		msg := new(mdns.Msg)
		if msg.Unpack(question) == nil && msg.Opcode == mdns.OpcodeUpdate && len(msg.Ns) > 0 {
			if answer = m.update(answer); answer == nil {
				return
			}
		}
		writeFrame(c, answer)
	}
}

func writeFrame(c net.Conn, b []byte) {
	c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
}

// repack changes an answer and drops its signature.
func repack(change func(*mdns.Msg)) func([]byte) []byte {
	return func(b []byte) []byte {
		m := new(mdns.Msg)
		if m.Unpack(b) != nil {
			return nil
		}
		m.Extra = nil
		change(m)
		out, _ := m.Pack()
		return out
	}
}

// The server has taken the update, and we cannot know it: never a plain error,
// never success. Status tells, and Undo puts back.
func TestAnAnswerThatIsLostOrNotBelievedIsUnknown(t *testing.T) {
	d := bind.NewDynamic(t, three)
	for name, update := range map[string]func([]byte) []byte{
		"cut off":       func([]byte) []byte { return nil },
		"not signed":    repack(func(*mdns.Msg) {}),
		"forged change": repack(func(m *mdns.Msg) { m.Rcode = mdns.RcodeNXRrset }),
		"another id":    func(b []byte) []byte { b[0]++; return b },
		"flipped bit":   func(b []byte) []byte { b[len(b)-20] ^= 1; return b },
		"no message":    func([]byte) []byte { return []byte("HTTP/1.1 400") },
		"too short":     func(b []byte) []byte { return b[:5] },
		"empty":         func([]byte) []byte { return []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMiddle(t, d.Addr(), update)
			a := action(t, d, func(c *Config) { c.Server = m.listener.Addr().String() })
			_, err := a.Do(t.Context(), web(1))
			if _, unknown := errors.AsType[failover.Unknown](err); !unknown {
				t.Errorf("got %v; want Unknown", err)
			}
			wantStatus(t, a, web(1), failover.StatusDone)
			direct := in(t, d, a.memory.Dir, nil)
			out, err := direct.Undo(t.Context(), undo(web(1)))
			wantDone(t, out, err, "again")
			wantFound(t, d, all)
		})
	}
}

// hold keeps an answer back until the test's end or d has passed.
func hold(t testing.TB, d time.Duration) func([]byte) []byte {
	return func(b []byte) []byte {
		select {
		case <-t.Context().Done():
		case <-time.After(d): // this is the server that is slow
		}
		return b
	}
}

func TestASlowServerIsWaitedForUntilTheTimeout(t *testing.T) {
	d := bind.NewDynamic(t, three)
	slow := newMiddle(t, d.Addr(), hold(t, 300*time.Millisecond))
	out, err := action(t, d, func(c *Config) { c.Server = slow.listener.Addr().String() }).Do(t.Context(), web(1))
	wantDone(t, out, err, "192.0.2.1 is out")
	if out.Took < 300*time.Millisecond {
		t.Errorf("took %s", out.Took)
	}

	stuck := newMiddle(t, d.Addr(), hold(t, time.Hour))
	a := action(t, d, func(c *Config) { c.Server, c.Timeout = stuck.listener.Addr().String(), 200*time.Millisecond })
	start := time.Now()
	_, err = a.Do(t.Context(), web(2))
	if _, unknown := errors.AsType[failover.Unknown](err); !unknown || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %s; want Unknown after the timeout", err, time.Since(start))
	}

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	b := action(t, d, func(c *Config) { c.Server = stuck.listener.Addr().String() })
	start = time.Now()
	if _, err := b.Undo(ctx, undo(web(1))); err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %s; want the caller's deadline to hold", err, time.Since(start))
	}
}

// A server that answers nothing at all never got an update: that is known.
func TestASilentServerHasDoneNothing(t *testing.T) {
	d := bind.NewDynamic(t, three)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := action(t, d, func(c *Config) { c.Server, c.Timeout = l.Addr().String(), 150*time.Millisecond })
	_, err = a.Do(t.Context(), web(1))
	if _, unknown := errors.AsType[failover.Unknown](err); err == nil || unknown {
		t.Errorf("got %v", err)
	}
	if s, err := a.Status(t.Context(), web(1)); err == nil || s != failover.StatusUnknown {
		t.Errorf("status %s, %v", s, err)
	}
	if _, err := a.Premises(t.Context(), web(1)); err == nil {
		t.Error("premises were found")
	}
}

func TestOthersMayChangeTheZoneMeanwhile(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, nil)
	if _, err := a.Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	script := testproc.File(t, t.TempDir(), "script", fmt.Sprintf(`server 127.0.0.1 %d
zone example.test
update delete www.example.test. A 192.0.2.3
update add www.example.test. 120 A 192.0.2.4
update add www.example.test. 120 A 192.0.2.2
send
`, d.Port))
	testproc.Run(t, testproc.Command{Path: "/usr/bin/nsupdate", Args: []string{"-k", d.Dir + "/key.conf", script}, Apt: "bind9-dnsutils"})
	out, err := a.Undo(t.Context(), undo(web(1)))
	wantDone(t, out, err, "again")
	wantFound(t, d, "120 192.0.2.1, 120 192.0.2.2, 120 192.0.2.4")
}

func TestAnAliasIsNamed(t *testing.T) {
	d := bind.NewDynamic(t, bind.DynamicOptions{Records: append([]string{"pool IN CNAME www"}, three.Records...)})
	_, err := action(t, d, func(c *Config) { c.Name = "pool" }).Do(t.Context(), web(1))
	if err == nil || !strings.Contains(err.Error(), "pool.example.test. is an alias of www.example.test.") {
		t.Errorf("got %v", err)
	}
}

func TestRecordsOfAWildcardAreNotFoughtOver(t *testing.T) {
	d := bind.NewDynamic(t, bind.DynamicOptions{Records: []string{"* 60 IN A 192.0.2.1", "* 60 IN A 192.0.2.2"}})
	_, err := action(t, d, func(c *Config) { c.Name = "any" }).Do(t.Context(), web(1))
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("got %v", err)
	}
	if got := found(t, d.Addr(), "other.example.test.", "A"); got != "60 192.0.2.1, 60 192.0.2.2" {
		t.Errorf("the wildcard has %s", got)
	}
}

// The last record went by another's hand: ours makes the set again.
func TestAnEmptySetIsFilledAgain(t *testing.T) {
	d := bind.NewDynamic(t, bind.DynamicOptions{Records: three.Records[:2]})
	a := action(t, d, nil)
	if _, err := a.Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	script := testproc.File(t, t.TempDir(), "script", fmt.Sprintf("server 127.0.0.1 %d\nzone example.test\nupdate delete www.example.test. A\nsend\n", d.Port))
	testproc.Run(t, testproc.Command{Path: "/usr/bin/nsupdate", Args: []string{"-k", d.Dir + "/key.conf", script}, Apt: "bind9-dnsutils"})
	out, err := a.Undo(t.Context(), undo(web(1)))
	wantDone(t, out, err, "it has 1")
	wantFound(t, d, "60 192.0.2.1")
}

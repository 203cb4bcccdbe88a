package syslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// session is a server at work, and what it has handed on.
type session struct {
	t     *testing.T
	s     *Server
	end   context.CancelFunc
	ended chan error

	mu    sync.Mutex
	lines []Line
	fail  error
	block chan struct{} // the sink waits until it is closed; nil: it does not
}

// hosts of the tests: two share loopback's address.
func testDirectory() *Directory {
	return NewDirectory([]Host{
		{Name: "web1", Address: "127.0.0.1"}, {Name: "web2", Address: "127.0.0.1"},
		{Name: "db1", Address: "db1.example.net"}, {Name: "r1", Address: "192.0.2.7"},
	})
}

func receive(t *testing.T, c Config, change ...func(*Server)) *session {
	t.Helper()
	one := &session{t: t, ended: make(chan error, 1)}
	dir := testDirectory()
	s, err := New(t.Context(), c, Deps{
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now,
		Sink: one.take, Directory: func() *Directory { return dir },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	one.s, one.end = s, cancel
	go func() { one.ended <- s.Run(ctx) }()
	t.Cleanup(one.stop)
	return one
}

func (o *session) take(ctx context.Context, lines []Line) error {
	o.mu.Lock()
	block := o.block
	o.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.lines = append(o.lines, lines...)
	return nil
}

func (o *session) stop() {
	if o.end == nil {
		return
	}
	o.end()
	o.end = nil
	select {
	case err := <-o.ended:
		if err != nil {
			o.t.Errorf("Run: %v", err)
		}
	case <-time.After(10 * time.Second):
		o.t.Error("Run did not end")
	}
}

func (o *session) got() []Line {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

// count is the number of lines.
func (o *session) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.lines)
}

// texts are the messages behind the header.
func (o *session) texts() (list []string) {
	for _, l := range o.got() {
		_, text, _ := strings.Cut(l.Text, " ")
		list = append(list, text)
	}
	return list
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) { // look again
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// want waits for messages, in any order.
func (o *session) want(texts ...string) []Line {
	o.t.Helper()
	slices.Sort(texts)
	defer func() {
		if o.t.Failed() {
			o.t.Logf("have %q", o.texts())
		}
	}()
	until(o.t, fmt.Sprintf("%q", texts), func() bool {
		have := o.texts()
		slices.Sort(have)
		return slices.Equal(have, texts)
	})
	return o.got()
}

// freePort is a port of loopback that nobody has.
func freePort(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func overTCP(t *testing.T) Config {
	c := DefaultConfig()
	c.TCP.Listen = freePort(t, "tcp")
	return c
}

func overUDP(t *testing.T) Config {
	c := DefaultConfig()
	c.UDP.Listen = freePort(t, "udp")
	return c
}

func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// closedByPeer waits until the other end has closed.
func closedByPeer(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); err == nil || n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is open: %v", err)
	}
}

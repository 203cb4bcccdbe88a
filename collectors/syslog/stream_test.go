package syslog

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachLineSaysWhoseItIsAndWhenItCame(t *testing.T) {
	c := overTCP(t)
	c.Timezones = map[string]string{"127.0.0.0/8": "Asia/Tokyo"}
	s := receive(t, c)
	conn := dial(t, "tcp", c.TCP.Listen)
	before := time.Now()
	send(t, conn, "<34>Oct 11 22:14:15 web2 su[7]: failed\n27 <13>1 - - app - - - no host<13>nothing\n")
	lines := s.want("web2 su[7]: failed", "web1 app: no host", "web1 nothing")
	l := lines[0]
	if l.Owner != "web2" || l.Host != "web2" || !l.Known || l.Authenticated || l.Program != "su" || l.PID != 7 || l.Facility != 4 || l.Severity != 2 || l.Source != Source {
		t.Errorf("%+v", l)
	}
	if l.At.Before(before) || l.Time.Format("01-02 15:04 MST") != "10-11 22:14 JST" || !strings.Contains(l.Text, "-10-11T22:14:15+09:00 web2 su[7]: failed") {
		t.Errorf("at %v, written %v: %s", l.At, l.Time, l.Text)
	}
	// web1 is the first of those who have the address.
	if l := lines[1]; l.Owner != "web1" || l.Facility != 1 || l.Severity != 5 || l.From.String() != "127.0.0.1" {
		t.Errorf("%+v", l)
	}
	if n := s.s.counts[tcp].apart.Load(); n != 1 {
		t.Errorf("%d clocks apart, want 1", n)
	}
}

func TestTCPWaitsWhileTheLinesAreNotTaken(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c, func(s *Server) { s.limits.retry = time.Millisecond; s.limits.frame = 50 * time.Millisecond })
	s.mu.Lock()
	s.fail = errors.New("disk full")
	s.mu.Unlock()
	const lines = 10_000
	sent := make(chan error, 1)
	conn := dial(t, "tcp", c.TCP.Listen)
	pad := strings.Repeat("x", 1000)
	go func() {
		for i := range lines {
			if _, err := fmt.Fprintf(conn, "<13>n%d: %s\n", i, pad); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	// 10 MB do not fit into the buffers between us: the sender has to wait, and no
	// message is slow because we are.
	select {
	case err := <-sent:
		t.Fatalf("the sender did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if n := s.s.counts[tcp].received.Load(); n > streamBatch+100 {
		t.Errorf("%d messages are in memory", n)
	}
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	until(t, "all lines", func() bool { return s.count() == lines })
	for i, l := range s.got() {
		if l.Program != fmt.Sprintf("n%d", i) || !strings.HasSuffix(l.Text, pad) || l.Cut {
			t.Fatalf("line %d: %.80s", i, l.Text)
		}
	}
}

func TestALongMessageIsCutAndMarkedAndTheNextOneIsWhole(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c)
	conn := dial(t, "tcp", c.TCP.Listen)
	long := "<13>" + strings.Repeat("y", 1<<20)
	send(t, conn, long+"\n<13>a\n"+fmt.Sprintf("%d %s", len(long), long)+"5 <13>b")
	until(t, "four lines", func() bool { return s.count() == 4 })
	for i, l := range s.got() {
		if cut := i%2 == 0; l.Cut != cut || cut && len(l.Text) < c.MaxMessage {
			t.Errorf("line %d: cut %v, %d bytes", i, l.Cut, len(l.Text))
		}
	}
	if n := s.s.counts[tcp].cut.Load(); n != 2 {
		t.Errorf("%d cut, want 2", n)
	}
}

func TestSlowSendersAndHalfMessagesEnd(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c, func(s *Server) { s.limits.frame = 50 * time.Millisecond })
	for _, half := range []string{"<13>line: never", "50 <13>counted: never", "12"} {
		conn := dial(t, "tcp", c.TCP.Listen)
		send(t, conn, half)
		closedByPeer(t, conn)
	}
	gone := dial(t, "tcp", c.TCP.Listen)
	send(t, gone, "<13>gone: in the middle")
	gone.Close()
	for _, l := range s.want("web1 line: never", "web1 counted: never", "web1 12", "web1 gone: in the middle") {
		if !l.Cut {
			t.Errorf("%q is not marked as cut", l.Text)
		}
	}
	k := s.s.counts[tcp]
	if k.half.Load() != 4 || k.sum(metricClosed, reasonSlow) != 3 {
		t.Errorf("%d half, %d slow; want 4 and 3", k.half.Load(), k.sum(metricClosed, reasonSlow))
	}
	// Who sends nothing is not slow.
	idle := dial(t, "tcp", c.TCP.Listen)
	time.Sleep(200 * time.Millisecond) // four times the limit
	send(t, idle, "<13>idle: here\n")
	until(t, "the idle one", func() bool { return s.count() == 5 })
}

func TestGarbageIsLinesOrTheEndOfTheConnection(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c)
	conn := dial(t, "tcp", c.TCP.Listen)
	send(t, conn, "\x16\x03\x01\x02 \xff\xfe\nGET / HTTP/1.1\r\n\r\n")
	s.want("web1 \x16\x03\x01\x02 ÿþ", "web1 GET / HTTP/1.1")
	send(t, conn, "5 <13>a999999999999 <13>b")
	closedByPeer(t, conn)
	if k := s.s.counts[tcp]; k.unparsed.Load() != 2 || k.sum(metricClosed, reasonUnreadable) != 1 {
		t.Errorf("%d unparsed, %d unreadable", k.unparsed.Load(), k.sum(metricClosed, reasonUnreadable))
	}
}

func TestConnectionsAreBoundedInAllAndForEachSource(t *testing.T) {
	c := overTCP(t)
	c.TCP.From = []string{"127.0.0.1", "127.0.0.2"}
	c.MaxConnections, c.MaxPerSource = 3, 2
	s := receive(t, c)
	from := func(ip string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		conn, err := d.Dial("tcp", c.TCP.Listen)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	open := func(n int64) {
		t.Helper()
		until(t, fmt.Sprint(n, " connections"), func() bool { return s.s.counts[tcp].connections.Load() == n })
	}
	first := from("127.0.0.1")
	from("127.0.0.1")
	open(2)
	closedByPeer(t, from("127.0.0.1"))
	from("127.0.0.2")
	open(3)
	closedByPeer(t, from("127.0.0.2"))
	closedByPeer(t, from("127.0.0.3"))
	k := s.s.counts[tcp]
	for _, reason := range []string{reasonPerSource, reasonFull, reasonSource} {
		if n := k.sum(metricRefused, reason); n != 1 {
			t.Errorf("%d refused by %s, want 1", n, reason)
		}
	}
	first.Close()
	open(2)
	send(t, from("127.0.0.1"), "<13>again: in\n")
	s.want("web1 again: in")
}

func TestTheRateOfATCPSenderIsHeldByWaiting(t *testing.T) {
	c := overTCP(t)
	c.Rate = 100
	s := receive(t, c)
	began := time.Now()
	send(t, dial(t, "tcp", c.TCP.Listen), strings.Repeat("<13>x\n", 150))
	until(t, "150 lines", func() bool { return s.count() == 150 })
	if took := time.Since(began); took < time.Second {
		t.Errorf("150 lines at 100 a second in %v", took)
	}
}

func TestWhatHasArrivedIsTakenBeforeTheEnd(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c)
	conn := dial(t, "tcp", c.TCP.Listen)
	send(t, conn, "<13>first\n")
	s.want("web1 first")
	send(t, conn, strings.Repeat("<13>x\n", 5000))
	s.stop()
	closedByPeer(t, conn)
	if n := s.count(); n != 5001 {
		t.Errorf("%d lines, want 5001", n)
	}
}

func TestAReloadMovesListenersAndKeepsConnections(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c)
	kept := dial(t, "tcp", c.TCP.Listen)
	send(t, kept, "<13>one\n")
	s.want("web1 one")
	apply := func(c Config) {
		t.Helper()
		change, err := s.s.Prepare(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		change.Apply()
	}
	// UDP comes, TCP stays: so do its connections.
	c.UDP.Listen = freePort(t, "udp")
	apply(c)
	send(t, kept, "<13>two\n")
	s.want("web1 one", "web1 two")
	send(t, dial(t, "udp", c.UDP.Listen), "<13>three")
	s.want("web1 one", "web1 two", "web1 three")

	// A port that is taken changes nothing.
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	bad := c
	bad.UDP.Listen, bad.TCP.Listen = freePort(t, "udp"), other.Addr().String()
	if _, err := s.s.Prepare(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "taken by") || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a taken port: %v", err)
	}
	free, err := net.ListenPacket("udp", bad.UDP.Listen)
	if err != nil {
		t.Errorf("what was opened before is not closed: %v", err)
	} else {
		free.Close()
	}
	send(t, kept, "<13>four\n")
	s.want("web1 one", "web1 two", "web1 three", "web1 four")

	// Who is not let in any more is closed.
	c.TCP.From = []string{"192.0.2.0/24"}
	apply(c)
	closedByPeer(t, kept)
	c.TCP = PlainConfig{}
	apply(c)
	until(t, "the listener to go", func() bool {
		conn, err := net.Dial("tcp", kept.RemoteAddr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	send(t, dial(t, "udp", c.UDP.Listen), "<13>five")
	until(t, "five", func() bool { return slices.Contains(s.texts(), "web1 five") })
}

func TestAddressesOfNoHostAreBounded(t *testing.T) {
	s := &Server{unknown: map[string]bool{}}
	names := map[string]int{}
	for i := range 1000 {
		names[s.stranger(fmt.Sprint("10.0.0.", i))]++
	}
	if len(names) != maxUnknown+1 || names[Others] != 1000-maxUnknown || s.stranger("10.0.0.0") != "10.0.0.0" {
		t.Errorf("%d names, %d others", len(names), names[Others])
	}
}

func TestBothFamiliesArriveAtOneListener(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("the kernel has no IPv6 here: %v", err)
	} else {
		l.Close()
	}
	c := DefaultConfig()
	_, tcpPort, _ := net.SplitHostPort(freePort(t, "tcp"))
	_, udpPort, _ := net.SplitHostPort(freePort(t, "udp"))
	c.TCP = PlainConfig{Listen: "[::]:" + tcpPort, From: []string{"127.0.0.1", "::1"}}
	c.UDP = PlainConfig{Listen: "[::]:" + udpPort, From: []string{"127.0.0.1", "::1"}}
	s := receive(t, c)
	send(t, dial(t, "tcp", "[::1]:"+tcpPort), "<13>a\n")
	send(t, dial(t, "tcp", "127.0.0.1:"+tcpPort), "<13>b\n")
	send(t, dial(t, "udp", "[::1]:"+udpPort), "<13>c\n")
	send(t, dial(t, "udp", "127.0.0.1:"+udpPort), "<13>d\n")
	s.want("::1 a", "web1 b", "::1 c", "web1 d")
}

func TestAPortThatWeHaveOurselvesIsToldApart(t *testing.T) {
	c := overTCP(t)
	s := receive(t, c)
	_, port, _ := net.SplitHostPort(c.TCP.Listen)
	c.TCP = PlainConfig{Listen: "0.0.0.0:" + port, From: []string{"127.0.0.1"}}
	_, err := s.s.Prepare(t.Context(), c)
	faultHas(t, err, "this server itself", "a restart moves")
}

package syslog

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

func TestDatagramsAreMessagesAndStrangersAreCounted(t *testing.T) {
	c := overUDP(t)
	c.UDP.From = []string{"127.0.0.1"}
	s := receive(t, c)
	conn := dial(t, "udp", c.UDP.Listen)
	send(t, conn, "<13>Nov  3 04:05:06 web2 app[1]: two\nlines\n")
	send(t, conn, "<13>"+strings.Repeat("z", 20_000))
	until(t, "two lines", func() bool { return s.count() == 2 })
	lines := s.got()
	if l := lines[0]; !strings.HasSuffix(l.Text, "web2 app[1]: two#012lines") || l.Owner != "web2" {
		t.Errorf("%+v", l)
	}
	if l := lines[1]; !l.Cut || len(l.Text) < c.MaxMessage-10 || len(l.Text) > c.MaxMessage+60 {
		t.Errorf("cut %v, %d bytes", l.Cut, len(l.Text))
	}
	stranger := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP("127.0.0.9")}}
	other, err := stranger.Dial("udp", c.UDP.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	send(t, other, "<13>stranger")
	until(t, "a refusal", func() bool { return s.s.counts[udp].sum(metricRefused, reasonSource) == 1 })
	if n := s.count(); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
}

// sink adds samples up, by name and reason.
type sums map[string]float64

func (s sums) Add(name string, value float64, labels ...string) {
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i] == "reason" {
			name += "/" + labels[i+1]
		}
	}
	s[name] += value
}

// TestAFloodIsBoundedAndEveryDatagramIsAccountedFor: sent == taken + counted.
func TestAFloodIsBoundedAndEveryDatagramIsAccountedFor(t *testing.T) {
	c := overUDP(t)
	c.Rate = maxRate
	s := receive(t, c)
	block := make(chan struct{})
	s.mu.Lock()
	s.block = block
	s.mu.Unlock()
	const sent = 30_000
	conn := dial(t, "udp", c.UDP.Listen)
	for i := range sent {
		if _, err := fmt.Fprintf(conn, "<13>flood: %d", i); err != nil {
			t.Fatal(err)
		}
	}
	figures := func() sums {
		sum := sums{}
		if err := s.s.Collect(t.Context(), sum); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	kernel := "monitord_syslog_kernel_dropped_total"
	until(t, "every datagram to be seen", func() bool {
		sum := figures()
		return sum["monitord_syslog_received_total"]+sum[kernel] == sent
	})
	sum := figures()
	if waiting := sum["monitord_syslog_received_total"] - sum[metricDropped+"/"+reasonQueue]; waiting > queueMessages/2+takeBatch {
		t.Errorf("%v messages of one source wait: the queue is not bounded (%v)", waiting, sum)
	}
	quiet := dial(t, "udp", c.UDP.Listen)
	close(block)
	until(t, "every datagram to be counted", func() bool {
		sum = figures()
		return sum["monitord_syslog_taken_total"]+sum[metricDropped+"/"+reasonQueue]+sum[kernel] == sent
	})
	t.Logf("%v", sum)
	send(t, quiet, "<13>after: it")
	until(t, "the message after the flood", func() bool {
		lines := s.got()
		return len(lines) > 0 && lines[len(lines)-1].Program == "after"
	})
	// What was taken is in order.
	last := -1
	for _, l := range s.got() {
		var n int
		if _, err := fmt.Sscanf(l.Text[strings.Index(l.Text, " ")+1:], "web1 flood: %d", &n); err == nil {
			if n <= last {
				t.Fatalf("%d came after %d", n, last)
			}
			last = n
		}
	}
}

func TestOneThatFloodsLeavesRoomForOthers(t *testing.T) {
	q := newQueue()
	a, b := addressOf(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1)}), addressOf(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 2)})
	n := 0
	for q.put(packet{from: a}) {
		n++
	}
	if n != queueMessages/2 || !q.put(packet{from: b}) {
		t.Errorf("a has %d, and there is no room for b", n)
	}
	for len(q.take(1000)) > 0 {
	}
	if !q.put(packet{from: a}) || len(q.bySource) != 1 || q.bytes != 0 {
		t.Errorf("%d sources, %d bytes in a queue of one", len(q.bySource), q.bytes)
	}
	for q.put(packet{from: b, text: strings.Repeat("x", 1<<20)}) {
	}
	if q.bytes > queueBytes || q.bytes < queueBytes/2 {
		t.Errorf("%d bytes", q.bytes)
	}
}

func TestTheRateOfAUDPSenderIsHeldByDropping(t *testing.T) {
	c := overUDP(t)
	c.Rate = 50
	s := receive(t, c)
	conn := dial(t, "udp", c.UDP.Listen)
	for range 500 {
		send(t, conn, "<13>x")
	}
	k := s.s.counts[udp]
	until(t, "all to be counted", func() bool { return k.taken.Load()+k.sum(metricDropped, reasonRate) == 500 })
	if n := k.taken.Load(); n < 50 || n > 150 {
		t.Errorf("%d taken at 50 a second", n)
	}
}

func TestWhatUDPHoldsIsTakenBeforeTheEnd(t *testing.T) {
	c := overUDP(t)
	s := receive(t, c)
	conn := dial(t, "udp", c.UDP.Listen)
	for range 3000 {
		send(t, conn, "<13>x")
	}
	s.stop()
	k := s.s.counts[udp]
	if n := s.count() + int(s.s.kernelDrops()) + int(k.sum(metricDropped, reasonQueue)); n != 3000 {
		t.Errorf("%d of 3000 are accounted for", n)
	}
}

func TestWhatCannotBeTakenAtTheEndIsCounted(t *testing.T) {
	c := overUDP(t)
	s := receive(t, c, func(s *Server) { s.limits.grace = 20 * time.Millisecond })
	s.mu.Lock()
	s.block = make(chan struct{})
	s.mu.Unlock()
	conn := dial(t, "udp", c.UDP.Listen)
	for range 1000 {
		send(t, conn, "<13>x")
	}
	until(t, "all to be read", func() bool { return s.s.counts[udp].received.Load()+s.s.kernelDrops() == 1000 })
	s.stop()
	if n := s.s.counts[udp].sum(metricDropped, reasonStop) + s.s.kernelDrops(); n != 1000 {
		t.Errorf("%d of 1000 are counted", n)
	}
}

func TestKernelDropsAreReadByInode(t *testing.T) {
	const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 0100007F:1589 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 42
garbage
  124: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 7
`
	if n, ok := readDrops(strings.NewReader(table), 4712); n != 7 || !ok {
		t.Errorf("%d, %v; want 7", n, ok)
	}
	if n, ok := readDrops(strings.NewReader(table), 1); n != 0 || ok {
		t.Errorf("%d, %v of a socket that is not there", n, ok)
	}
}

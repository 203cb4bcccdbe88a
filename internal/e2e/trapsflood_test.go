//go:build e2e

package e2e

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	_ "modernc.org/sqlite" // the driver of the journal
)

const (
	floodRate = 10_000 // a second
	floodFor  = 10 * time.Second
	heldFor   = 5 * time.Second
	repeat    = 50 // each so many-th is sent twice
)

// trapFlood: 10,000 traps a second for ten seconds, twice; the second time nothing
// can be written to the journal for five of them. Memory stays bounded, what is not
// taken is counted, checks and samples come on time. In the end each trap that was
// sent is an entry of the journal, or in the number of an entry, or a repeat, or
// counted as dropped.
func trapFlood(t *testing.T) {
	w, addr := newTrapWorld(t)
	w.probe(w.enrol("sw1"))
	eventually(t, 30*time.Second, "the probe's samples are stored", func() string {
		if n, _ := w.value(`monitord_probe_collection_sequence{host="sw1"}`); n < 3 {
			return fmt.Sprintf("%.0f collections", n)
		}
		return ""
	})
	f := newFlooder(w, addr)
	f.flood("ten thousand a second", func(time.Duration) {})
	if drops := w.trapDrops("queue"); drops > 0 {
		say(t, "%.0f dropped although nothing was slow", drops)
	}
	held, before := (*sql.Tx)(nil), w.trapDrops("queue")
	f.flood("ten thousand a second, and no journal", func(since time.Duration) {
		switch {
		case held == nil && since > 2*time.Second && since < 2*time.Second+heldFor:
			held = w.holdJournal()
			say(t, "the journal is held")
		case held != nil && since > 2*time.Second+heldFor:
			if err := held.Rollback(); err != nil {
				t.Error(err)
			}
			held = nil
			say(t, "the journal is free")
		}
	})
	if drops := w.trapDrops("queue") - before; drops < floodRate {
		t.Errorf("%.0f dropped by a journal that was held for %s", drops, heldFor)
	}
	w.eachIsAccountedFor(f.sent, f.repeats)
	w.awaitState(5*time.Second, "sw1/page", "OK")
}

// trapDrops is what was dropped, in our queue or by the kernel.
func (w *world) trapDrops(where string) float64 {
	w.t.Helper()
	return w.metric(fmt.Sprintf("monitord_trap_dropped_total{where=%q}", where))
}

// holdJournal is a transaction that nobody else can write beside.
func (w *world) holdJournal() *sql.Tx {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.data, "journal.db")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { db.Close() })
	tx, err := db.Begin()
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// flooder sends to a server.
type flooder struct {
	w             *world
	conn          net.Conn
	msg           *numbered
	sent, repeats int
}

func newFlooder(w *world, addr string) *flooder {
	w.t.Helper()
	conn, err := net.Dial("udp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return &flooder{w: w, conn: conn, msg: trapMessage(w.t)}
}

// flood sends at the rate, lets a story act every ten milliseconds, and looks each
// second at what else the server has to do.
func (f *flooder) flood(what string, meanwhile func(since time.Duration)) {
	t, w := f.w.t, f.w
	t.Helper()
	before, sentBefore := w.rss(), f.sent
	most, check, samples := before, time.Duration(0), time.Duration(0)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	looked := began
	for time.Since(began) < floodFor {
		<-tick.C
		f.send(sentBefore + int(time.Since(began).Seconds()*floodRate))
		meanwhile(time.Since(began))
		if time.Since(looked) > time.Second {
			looked = time.Now()
			most = max(most, w.rss())
			s, err := w.logService("sw1/page")
			if err != nil {
				t.Errorf("during the flood: %v", err)
			}
			check = max(check, time.Since(s.LastCheck))
			age, ok := w.value(`time() - timestamp(monitord_probe_collection_sequence{host="sw1"})`)
			if !ok {
				t.Error("the probe has no sample")
			}
			samples = max(samples, time.Duration(age*float64(time.Second)))
		}
	}
	say(t, "%s: %d sent in %.1f s; a check that runs every second was at most %s old, a probe's samples %s; memory at most %d MB, %d MB before",
		what, f.sent-sentBefore, time.Since(began).Seconds(), check.Round(time.Millisecond), samples.Round(time.Millisecond), most>>20, before>>20)
	if f.sent-sentBefore < floodRate*9 || check > 3*time.Second || samples > 5*time.Second {
		t.Errorf("%d sent, the check %s old, samples %s", f.sent-sentBefore, check, samples)
	}
	if most > before+200<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, most>>20)
	}
}

// send sends until so many were sent, some of them twice.
func (f *flooder) send(due int) {
	for f.sent < due {
		f.msg.number(f.sent)
		copies := 1
		if f.sent%repeat == 0 {
			copies = 2
			f.repeats++
		}
		for range copies {
			f.sent++
			if _, err := f.conn.Write(f.msg.raw); err != nil {
				f.w.t.Fatal(err)
			}
		}
	}
}

// eachIsAccountedFor: what was sent is what was dropped, repeated, written, and
// counted at the end of each minute.
func (w *world) eachIsAccountedFor(sent, repeats int) {
	t := w.t
	t.Helper()
	total := func(name string) int { return int(w.metric("monitord_trap_" + name + "_total")) }
	entries, more := 0, 0
	eventually(t, 80*time.Second, "each is in the journal or counted as dropped", func() string {
		entries, more = 0, 0
		for _, e := range w.events() {
			if e.Kind != "trap" {
				continue
			}
			if found := moreTraps.FindStringSubmatch(e.Text); found != nil {
				n, _ := strconv.Atoi(found[1])
				more += n
			} else {
				entries++
			}
		}
		queue, kernel := int(w.trapDrops("queue")), int(w.trapDrops("kernel"))
		if n := entries + more + total("repeated") + queue + kernel; n != sent {
			return fmt.Sprintf("%d of %d: %d entries, %d more, %d repeated, %d dropped by us, %d by the kernel", n, sent, entries, more, total("repeated"), queue, kernel)
		}
		return ""
	})
	say(t, "%d sent = %d entries of the journal + %d counted there + %d repeats + %.0f dropped by us + %.0f by the kernel",
		sent, entries, more, total("repeated"), w.trapDrops("queue"), w.trapDrops("kernel"))
	// Thirty a minute, of at most three minutes.
	if entries == 0 || entries > 100 {
		t.Errorf("%d entries in the journal", entries)
	}
	if n := total("repeated"); n == 0 || n > repeats {
		t.Errorf("%d repeats of %d that were sent", n, repeats)
	}
	if n := total("received") + int(w.trapDrops("queue")) + int(w.trapDrops("kernel")); n != sent {
		t.Errorf("%d received or dropped, %d sent", n, sent)
	}
}

// moreTraps is the number in a minute's entry.
var moreTraps = regexp.MustCompile(`: (\d+) more in that minute$`)

// rss is the server's resident memory in bytes.
func (w *world) rss() int64 {
	w.t.Helper()
	return int64(w.metric("process_resident_memory_bytes"))
}

// numbered is a trap whose request number can be changed.
type numbered struct {
	raw []byte
	at  int
}

// trapMessage is a linkDown of version 2c as gosnmp writes it.
func trapMessage(t *testing.T) *numbered {
	t.Helper()
	const mark = 0x7a5b3c2d
	p := &gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: trapCommunity, PDUType: gosnmp.SNMPv2Trap, RequestID: mark, Variables: []gosnmp.SnmpPDU{
		{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(100)},
		{Name: ".1.3.6.1.6.3.1.1.4.1.0", Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1.6.3.1.1.5.1"}, // coldStart: no rule waits for it
	}}
	raw, err := p.MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(raw), string(binary.BigEndian.AppendUint32(nil, mark)))
	if at < 0 {
		t.Fatal("no request number in the message")
	}
	return &numbered{raw, at}
}

func (m *numbered) number(n int) { binary.BigEndian.PutUint32(m.raw[m.at:], uint32(n)|1<<30) }

//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
)

// notifications: net-snmp's snmptrap and snmpinform in every version; then far more
// than can be taken.
func notifications(t *testing.T) {
	t.Run("every version", trapVersions)
	t.Run("ten thousand a second", trapFlood)
}

// trapWords are what the senders of a story know.
const (
	trapCommunity = "trapper"
	trapUser      = "noc"
	trapAuth      = "open-sesame-1"
	trapPriv      = "open-sesame-2"
)

// newTrapWorld is a server that hears notifications at an address.
func newTrapWorld(t *testing.T) (w *world, addr string) {
	w, addr = newWorld(t), freeUDP(t)
	community := put(t, filepath.Join(w.dir, "community"), trapCommunity+"\n")
	user := put(t, filepath.Join(w.dir, "user.yaml"), fmt.Sprintf(
		"version: 3\nuser: %s\nauth_protocol: SHA\nauth_password: %s\npriv_protocol: AES\npriv_password: %s\n", trapUser, trapAuth, trapPriv))
	w.configure(fmt.Sprintf(`traps: {listen: %q, from: [127.0.0.0/8], communities: [{file: %q}], users: [{file: %q}]}
logs:
  rules:
    - {match: '^IF-MIB::linkDown', state: critical, service: link, clear: '^IF-MIB::linkUp'}
hosts:
  sw1: {address: 127.0.0.1, alive: none, checks: {page: {type: tcp, port: %s, interval: 1s, timeout: 900ms}}}
`, addr, community, user, port(t, w.addr)))
	w.serve()
	w.awaitState(20*time.Second, "sw1/page", "OK")
	return w, addr
}

func port(t *testing.T, addr string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	linkDown = ".1.3.6.1.6.3.1.1.5.3"
	linkUp   = ".1.3.6.1.6.3.1.1.5.4"
	ifIndex  = ".1.3.6.1.2.1.2.2.1.1."
)

// trapVersions: each notification is in the journal within a second, by name; down
// raises a state and up ends it; strangers are refused and counted.
func trapVersions(t *testing.T) {
	w, addr := newTrapWorld(t)
	t.Setenv("SNMP_PERSISTENT_DIR", w.dir)
	t.Setenv("MIBS", "")
	v3 := []string{"-v3", "-u", trapUser, "-l", "authPriv", "-a", "SHA", "-A", trapAuth, "-x", "AES", "-X", trapPriv}
	v2 := []string{"-v2c", "-c", trapCommunity}
	slowest := time.Duration(0)
	for i, tt := range []struct {
		program string
		args    []string
	}{
		{"snmptrap", append([]string{"-v1", "-c", trapCommunity, addr, ".1.3.6.1.6.3.1.1.5", "127.0.0.1", "2", "0", "100"}, ifIndex+"1", "i", "1")},
		{"snmptrap", append(v2[:2:3], trapCommunity, addr, "100", linkUp, ifIndex+"2", "i", "2")},
		{"snmptrap", append(v3[:len(v3):len(v3)], "-e", "0x8000000001020304", addr, "100", linkDown, ifIndex+"3", "i", "3")},
		{"snmpinform", append(v2[:2:3], trapCommunity, "-r0", "-t5", addr, "100", linkUp, ifIndex+"4", "i", "4")},
		{"snmpinform", append(v3[:len(v3):len(v3)], "-r0", "-t5", addr, "100", linkDown, ifIndex+"5", "i", "5")},
		{"snmpinform", append(v3[:len(v3):len(v3)], "-r0", "-t5", addr, "100", linkUp, ifIndex+"6", "i", "6")},
	} {
		command(t, "", append([]string{need(t, tt.program, "snmp")}, tt.args...)...)
		sent := time.Now() // an inform is answered when the journal has it
		want := fmt.Sprintf("ifIndex.%d = INTEGER: %d", i+1, i+1)
		eventually(t, time.Second, fmt.Sprintf("notification %d is in the journal", i+1), func() string {
			for _, e := range w.events() {
				if e.Kind == "trap" && strings.Contains(e.Text, want) && strings.Contains(e.Text, "IF-MIB::link") {
					if e.Host != "sw1" {
						t.Errorf("it is of host %q", e.Host)
					}
					return ""
				}
			}
			return "it is not there"
		})
		slowest = max(slowest, time.Since(sent))
		state := "CRITICAL"
		if i%2 == 1 {
			state = "OK"
		}
		eventually(t, 2*time.Second, "the link is "+state, func() string {
			s, err := w.logService("sw1/log[link]")
			if err != nil || s.State != state {
				return fmt.Sprintf("it is %s, %v", s.State, err)
			}
			return ""
		})
	}
	say(t, "in the journal after at most %s", slowest)

	command(t, "", need(t, "snmptrap", "snmp"), "-v2c", "-c", "guess", addr, "100", linkDown, ifIndex+"7", "i", "7")
	w.awaitMetric(`monitord_trap_refused_total{reason="community"}`, 1)
	for _, e := range w.events() {
		if strings.Contains(e.Text, "ifIndex.7") {
			t.Errorf("a stranger's trap is in the journal: %s", e.Text)
		}
	}
}

// awaitMetric waits until a metric of the server has a value, or more.
func (w *world) awaitMetric(name string, atLeast float64) {
	w.t.Helper()
	eventually(w.t, 10*time.Second, name, func() string {
		if v := w.metric(name); v < atLeast {
			return fmt.Sprintf("it is %g; want %g", v, atLeast)
		}
		return ""
	})
}

const (
	floodRate = 10_000 // a second
	floodFor  = 10 * time.Second
)

// trapFlood: 10,000 traps a second for ten seconds. Memory stays bounded, what is
// not taken is counted, the journal has a few of them and their number, and
// checks run on time.
func trapFlood(t *testing.T) {
	w, addr := newTrapWorld(t)
	before := w.rss()
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	msg := trapMessage(t)
	sent, late, most := 0, time.Duration(0), before
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	looked := began
	for time.Since(began) < floodFor {
		<-tick.C
		for due := int(time.Since(began).Seconds() * floodRate); sent < due; sent++ {
			msg.number(sent)
			if _, err := conn.Write(msg.raw); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(looked) > time.Second {
			looked = time.Now()
			most = max(most, w.rss())
			s, err := w.logService("sw1/page")
			if err != nil {
				t.Errorf("during the flood: %v", err)
			}
			late = max(late, time.Since(s.LastCheck))
		}
	}
	say(t, "%d sent in %.1f s; the check was at most %s old", sent, time.Since(began).Seconds(), late)
	if sent < floodRate*9 || late > 3*time.Second {
		t.Errorf("%d sent, a check that runs every second was %s old", sent, late)
	}
	counted := func() (n float64) {
		for _, name := range []string{"received_total", "repeated_total", `dropped_total{where="queue"}`, `dropped_total{where="kernel"}`} {
			n += w.metric("monitord_trap_" + name)
		}
		return n
	}
	eventually(t, 20*time.Second, "each is taken or counted as dropped", func() string {
		if n := counted(); n != float64(sent) {
			return fmt.Sprintf("%.0f of %d", n, sent)
		}
		return ""
	})
	most = max(most, w.rss())
	say(t, "%.0f taken, %.0f dropped by us, %.0f by the kernel; memory %d MB, %d MB before", w.metric("monitord_trap_received_total"),
		w.metric(`monitord_trap_dropped_total{where="queue"}`), w.metric(`monitord_trap_dropped_total{where="kernel"}`), most>>20, before>>20)
	if most > before+200<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, most>>20)
	}
	// Thirty a minute each, of at most two minutes, and the number of the rest.
	entries := 0
	for _, e := range w.events() {
		if e.Kind == "trap" {
			entries++
		}
	}
	if entries == 0 || entries > 70 {
		t.Errorf("%d entries in the journal", entries)
	}
	w.awaitState(5*time.Second, "sw1/page", "OK")
}

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

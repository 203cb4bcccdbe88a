//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

//go:build e2e

package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
)

// resetting is a device whose two ports count 1000 octets a second, and whose
// counters a story bends.
type resetting struct {
	mu      sync.Mutex
	began   time.Time // of the counters
	up      time.Time
	ahead   uint64
	broken  uint32 // ifCounterDiscontinuityTime
	swapped bool
}

// snmpResets: a device restarts, its counters jump ahead, its interfaces change
// places. Each is an entry of the journal, and the picture has no peak of it.
func snmpResets(t *testing.T) {
	w := newWorld(t)
	d := &resetting{began: time.Now().Add(-time.Hour), up: time.Now().Add(-time.Hour)}
	agent := snmpagent.New(t, nil, d.answer)
	w.configure(fmt.Sprintf(`hosts:
  sw1: {address: 127.0.0.1, alive: none, checks: {interface: {type: interfaces, port: %d, community: {file: %q}, interval: 1s, retry_interval: 1s, timeout: 900ms}}}
`, agent.Port, w.community(w.dir)))
	w.serve()
	w.awaitState(20*time.Second, "sw1/interface", "OK")
	for _, step := range []struct {
		what, says string
		bend       func()
	}{
		{"it restarts, its counters begin with 0", "the agent restarted", func() { d.up, d.began, d.broken = time.Now(), time.Now(), 0 }},
		{"its counters jump ahead", "counters of port1 began anew", func() { d.ahead, d.broken = 1e12, 1000 }},
		{"its counters fall", "counters of port2 began anew", func() { d.ahead, d.broken = 1e11, 2000 }},
		{"its interfaces change places", "port1 has the number 2 now, 1 before", func() { d.swapped = true }},
	} {
		time.Sleep(5 * time.Second) // rates are known by then
		say(t, "%s", step.what)
		d.mu.Lock()
		step.bend()
		d.mu.Unlock()
		eventually(t, 10*time.Second, "the journal says "+step.says, func() string {
			var notes []string
			for _, e := range w.events() {
				if e.Host == "sw1" {
					notes = append(notes, e.Text)
				}
			}
			if i := slices.IndexFunc(notes, func(s string) bool { return strings.Contains(s, step.says) }); i >= 0 {
				say(t, "in the journal: %s", notes[i])
				return ""
			}
			return fmt.Sprintf("it has %q", notes)
		})
	}
	time.Sleep(5 * time.Second) // rates are known again
	for _, port := range []string{"port1", "port2"} {
		body, err := w.try("/graph/sw1/" + url.PathEscape("net-"+port) + ".svg?range=15m&lang=en")
		if err != nil {
			t.Fatal(err)
		}
		// The last six are the legend's: current, average and maximum of in and out.
		var figures []string
		for _, found := range regexp.MustCompile(`>([\d.]+ \w*b/s)<`).FindAllStringSubmatch(body, -1) {
			figures = append(figures, found[1])
		}
		figures = figures[max(0, len(figures)-6):]
		say(t, "the picture of %s says %s", port, strings.Join(figures, ", "))
		for _, f := range figures {
			var n float64
			if _, err := fmt.Sscanf(f, "%g kb/s", &n); err != nil || n < 2 || n > 20 || len(figures) < 6 {
				t.Errorf("%s: %q; want about 8 kb/s", port, f)
			}
		}
	}
}

// answer is what the device tells.
func (d *resetting) answer(r *snmpagent.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	objects := []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(time.Since(d.up) / (10 * time.Millisecond))}}
	for i := 1; i <= 2; i++ {
		index := i
		if d.swapped {
			index = 3 - i
		}
		counted := uint64(time.Since(d.began).Seconds()*lossRate) + d.ahead*uint64(i)
		objects = append(objects, portObjects(index, fmt.Sprint("port", i), counted, d.broken)...)
	}
	r.Packet = snmpagent.Answer(objects, r.Request)
}

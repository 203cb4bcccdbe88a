//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
)

const (
	lossFor   = 60 * time.Second
	lossEvery = time.Second
	lossPorts = 10
	lossRate  = 1000 // octets a second that each port counts
)

// lossy is a device behind a line that loses some of a hundred requests.
type lossy struct {
	name  string
	lost  uint32 // percent
	began time.Time
	dice  *rand.Rand // the same numbers each time
	drops atomic.Int64
	alive atomic.Bool // whether the line loses anything yet
}

// snmpLoss: devices behind lines that lose 1 and 30 percent of what is asked, one
// that is dead, and two that nothing is wrong with, polled each second. A little loss
// fails no poll; a great one fails some, and says so; no value is wrong, and each
// device is polled on time.
func snmpLoss(t *testing.T) {
	w := newWorld(t)
	devices := []*lossy{{name: "good1"}, {name: "lost1", lost: 1}, {name: "lost30", lost: 30}, {name: "dead", lost: 100}, {name: "good2"}}
	hosts := &strings.Builder{}
	for _, d := range devices {
		d.began, d.dice = time.Now(), rand.New(rand.NewPCG(1, uint64(d.lost)))
		agent := snmpagent.New(t, nil, d.answer)
		fmt.Fprintf(hosts, "  %s: {address: 127.0.0.1, alive: none, checks: {interface: {type: interfaces, port: %d, community: {file: %q}, "+
			"interval: %s, retry_interval: %[4]s, timeout: 900ms, try_for: 100ms}}}\n", d.name, agent.Port, w.community(w.dir), lossEvery)
	}
	w.configure("hosts:\n" + hosts.String())
	w.serve()
	for _, d := range devices {
		w.awaitState(20*time.Second, d.name+"/interface", "OK")
	}
	for _, d := range devices {
		d.alive.Store(true)
	}
	from := time.Now()
	time.Sleep(lossFor) // the time that the story is about
	to := time.Now().Add(-2 * lossEvery)
	say(t, "%-7s %5s %8s %6s %6s %7s %6s %6s", "device", "lost", "requests", "polls", "failed", "samples", "wrong", "late")
	for _, d := range devices {
		d.judge(w, from, to)
	}
}

// answer is what the device tells, when it was asked.
func (d *lossy) answer(r *snmpagent.Reply) {
	if d.alive.Load() {
		if d.dice.Uint32N(100) < d.lost {
			d.drops.Add(1)
			r.Packet = nil
			return
		}
	}
	since := time.Since(d.began)
	objects := []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(since / (10 * time.Millisecond))}}
	for i := 1; i <= lossPorts; i++ {
		objects = append(objects, portObjects(i, fmt.Sprint("port", i), uint64(d.base(i))+uint64(since.Seconds()*lossRate), 0)...)
	}
	r.Packet = snmpagent.Answer(objects, r.Request)
}

// portObjects is a row of the tables of interfaces; broken is its
// ifCounterDiscontinuityTime.
func portObjects(index int, name string, octets uint64, broken uint32) (objects []gosnmp.SnmpPDU) {
	for column, o := range map[string]gosnmp.SnmpPDU{
		".1.3.6.1.2.1.31.1.1.1.1.":  {Type: gosnmp.OctetString, Value: []byte(name)},
		".1.3.6.1.2.1.31.1.1.1.6.":  {Type: gosnmp.Counter64, Value: octets},
		".1.3.6.1.2.1.31.1.1.1.10.": {Type: gosnmp.Counter64, Value: octets},
		".1.3.6.1.2.1.31.1.1.1.15.": {Type: gosnmp.Gauge32, Value: uint(1000)},
		".1.3.6.1.2.1.31.1.1.1.19.": {Type: gosnmp.TimeTicks, Value: broken},
		".1.3.6.1.2.1.2.2.1.7.":     {Type: gosnmp.Integer, Value: 1},
		".1.3.6.1.2.1.2.2.1.8.":     {Type: gosnmp.Integer, Value: 1},
	} {
		o.Name = column + fmt.Sprint(index)
		objects = append(objects, o)
	}
	return objects
}

// base is where a port's counter began: what is a port's is no other's.
func (d *lossy) base(i int) float64 { return float64(i) * 1e9 }

// judge holds what the server stored against what the device counted.
func (d *lossy) judge(w *world, from, to time.Time) {
	t := w.t
	t.Helper()
	results := w.samples(fmt.Sprintf(`monitord_check_state{host=%q,check="interface",item=""}`, d.name), lossFor+time.Minute)
	polls := between(keys(results), from, to)
	failed, late := 0, time.Duration(0)
	for i, at := range polls {
		if results[at] != 0 {
			failed++
		}
		if i > 0 {
			late = max(late, time.Duration(at-polls[i-1])*time.Millisecond-lossEvery)
		}
	}
	samples, wrong := 0, 0
	for i := 1; i <= lossPorts; i++ {
		series := w.samples(fmt.Sprintf(`ifHCInOctets{host=%q,ifName="port%d"}`, d.name, i), lossFor+time.Minute)
		for at, v := range series {
			// The sample has the time at which its poll began, and a poll takes 900 ms at
			// most.
			counted := v - d.base(i) - time.UnixMilli(at).Sub(d.began).Seconds()*lossRate
			if counted < -lossRate*0.01 || counted > lossRate {
				wrong++
			}
		}
		samples += len(between(keys(series), from, to))
	}
	say(t, "%-7s %4d%% %8d %6d %6d %7d %6d %6s", d.name, d.lost, d.drops.Load(), len(polls), failed, samples, wrong, late)
	if due := int(to.Sub(from)/lossEvery) - 1; len(polls) < due || late >= lossEvery {
		t.Errorf("%s: %d polls of %d, one of them %s late", d.name, len(polls), due, late)
	}
	if wrong > 0 || samples != (len(polls)-failed)*lossPorts {
		t.Errorf("%s: %d samples of %d polls of which %d failed, %d wrong", d.name, samples, len(polls), failed, wrong)
	}
	switch {
	case d.lost <= 1 && failed > 0, d.lost == 30 && (failed > len(polls)/2 || d.drops.Load() == 0), d.lost == 100 && failed < len(polls):
		t.Errorf("%s: %d of %d polls failed; %d requests were lost", d.name, failed, len(polls), d.drops.Load())
	}
	if summary := w.services()[d.name+"/interface"].Summary; d.lost == 100 && !strings.Contains(summary, "no answer") {
		t.Errorf("%s: %q", d.name, summary)
	}
}

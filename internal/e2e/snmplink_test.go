//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"
)

const (
	linkEvery = 5 * time.Second
	cutFor    = 5 * time.Minute
	linkLooks = cutFor + 2*time.Minute // back at what is stored
)

// linkCutForFiveMinutes: a probe goes on polling while its link to the server is
// cut for five minutes, and a steady stream of packets is counted by the device.
// Afterwards every poll of that time is in the store, the stream's rate is as
// steady as it was, and the probe holds nothing back.
func linkCutForFiveMinutes(t *testing.T) {
	w, ns, _ := polledByProbe(t, linkEvery)
	start(t, w.dir, "ping", "ip", "netns", "exec", ns.name, need(t, "ping", "iputils-ping"), "-q", "-i", "0.02", "-s", "1000", "127.0.0.1")
	time.Sleep(time.Minute) // what is measured over a minute needs one before the cut

	say(t, "the link is cut")
	cut, sentBefore := time.Now(), ns.received(t, "lo")
	command(t, "", "ip", "link", "set", ns.link, "down")
	time.Sleep(cutFor) // the time that the story is about
	say(t, "the link is mended")
	mended, sentAfter := time.Now(), ns.received(t, "lo")
	command(t, "", "ip", "link", "set", ns.link, "up")
	const state = `monitord_check_state{host="sw1",check="interface",item=""}`
	const octets = `ifHCInOctets{host="sw1",ifName="lo"}`
	for _, selector := range []string{state, octets, `monitord_probe_collection_sequence{host="gw1"}`} {
		eventually(t, 90*time.Second, selector+" has polls from after the cut", func() string {
			if times := keys(w.samples(selector, linkLooks)); len(times) == 0 || times[len(times)-1] < mended.UnixMilli() {
				return "the newest is of the time before"
			}
			return ""
		})
	}
	say(t, "the newest polls were here %.1f s after the link", time.Since(mended).Seconds())
	w.everyPollThere(state, octets, cut, mended)
	w.steadily(octets, cut, mended, sentAfter-sentBefore)
	w.nothingHeldBack(cut, mended)
}

// between are the moments from one to another.
func between(times []int64, from, to time.Time) (within []int64) {
	for _, at := range times {
		if at >= from.UnixMilli() && at <= to.UnixMilli() {
			within = append(within, at)
		}
	}
	return within
}

// everyPollThere: as many results and samples as the interval says, evenly.
func (w *world) everyPollThere(state, octets string, cut, mended time.Time) {
	t := w.t
	t.Helper()
	due := int(mended.Sub(cut) / linkEvery)
	for _, selector := range []string{state, octets} {
		all := keys(w.samples(selector, linkLooks))
		times := between(all, cut, mended)
		longest := time.Duration(0)
		for i := 1; i < len(all); i++ {
			if all[i] < cut.UnixMilli() {
				continue // a first step is as long as it takes to the check's own second
			}
			longest = max(longest, time.Duration(all[i]-all[i-1])*time.Millisecond)
		}
		say(t, "%s: %d of %d polls during the cut; the longest step is %s", selector, len(times), due, longest)
		if len(times) < due || longest > linkEvery*3/2 {
			t.Errorf("%s: polls are missing", selector)
		}
	}
	for at, v := range w.samples(state, linkLooks) {
		if v != 0 {
			t.Errorf("the device was there all the time, and its state is %g at %s", v, time.UnixMilli(at))
		}
	}
}

// steadily: the counter never falls, it grew by what the kernel counted, and no
// rate that anybody sees is far from the others.
func (w *world) steadily(octets string, cut, mended time.Time, sent int64) {
	t := w.t
	t.Helper()
	samples := w.samples(octets, linkLooks)
	times := keys(samples)
	for i := 1; i < len(times); i++ {
		if samples[times[i]] < samples[times[i-1]] {
			t.Errorf("the counter fell at %s", time.UnixMilli(times[i]))
		}
	}
	within := between(times, cut, mended)
	grew := samples[within[len(within)-1]] - samples[within[0]]
	perSecond := float64(sent) / mended.Sub(cut).Seconds()
	worst := func(f string) float64 {
		query := fmt.Sprintf(`%s_over_time(rate(%s[1m])[%ds:5s])`, f, octets, int(time.Since(cut).Seconds()))
		v, ok := w.value(query)
		if !ok {
			t.Fatalf("%s has no value", query)
		}
		return v
	}
	low, high := worst("min"), worst("max")
	say(t, "the kernel counted %d octets during the cut, the series %.0f; rates of a minute are from %.0f to %.0f octets/s, %.0f on average",
		sent, grew, low, high, perSecond)
	// snmpd looks at its counters every 15 s only: a minute holds three to five looks.
	if low < perSecond*0.7 || high > perSecond*1.3 {
		t.Error("a rate has a peak or a hollow")
	}
	if grew < float64(sent)*0.88 || grew > float64(sent)*1.12 {
		t.Error("the series grew by something else")
	}
}

// nothingHeldBack: the probe's spools filled during the cut, are empty, and lost
// nothing.
func (w *world) nothingHeldBack(cut, mended time.Time) {
	t := w.t
	t.Helper()
	eventually(t, 90*time.Second, "the probe's spools are empty", func() string {
		waiting, ok := w.value(`sum(monitord_probe_spool_records{host="gw1"}) + sum(monitord_probe_spool_memory_records{host="gw1"})`)
		if !ok || waiting > 0 {
			return fmt.Sprintf("%.0f records wait", waiting)
		}
		return ""
	})
	say(t, "the probe's spools are empty %.1f s after the link", time.Since(mended).Seconds())
	for _, spool := range []string{"polled", "samples"} {
		most, _ := w.value(fmt.Sprintf(`max_over_time(monitord_probe_spool_records{host="gw1",spool=%q}[%ds])`, spool, int(time.Since(cut).Seconds())))
		say(t, "spool %s: %.0f records at most", spool, most)
		if most < float64(cutFor/linkEvery)/2 {
			t.Errorf("spool %s held %.0f records: it was not used", spool, most)
		}
	}
	last := noHole(t, w.sequences("gw1"))
	dropped, ok := w.value(`sum(monitord_probe_spool_dropped_total{host="gw1"})`)
	if say(t, "%d collections of the probe itself, none lost; %.0f records were dropped", last, dropped); !ok || dropped > 0 {
		t.Error("records were dropped, or nobody counts them")
	}
}

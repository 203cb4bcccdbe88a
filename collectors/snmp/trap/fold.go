package trap

import (
	"hash/maphash"
	"net/netip"
	"time"

	"monitord/collectors/snmp"
)

const (
	// repeatedWithin is how long a sender repeats an inform that was not answered.
	repeatedWithin = time.Minute
	// maxRemembered bounds the notifications that a repeat is looked for among, in
	// each of two halves.
	maxRemembered = 16384
	// maxKinds bounds the kinds of notification that are counted apart in a minute;
	// what more there are share one count.
	maxKinds = 4096
)

// repeats knows the notifications of the last minute or two. For one goroutine.
type repeats struct {
	seed       maphash.Seed
	young, old map[uint64]bool
	since      time.Time
}

func newRepeats() *repeats { return &repeats{seed: maphash.MakeSeed(), young: map[uint64]bool{}} }

// known reports whether the same message came before, and remembers it.
func (r *repeats) known(n *Notification) bool {
	if len(r.young) >= maxRemembered || n.At.Sub(r.since) > repeatedWithin {
		r.young, r.old, r.since = make(map[uint64]bool, len(r.young)), r.young, n.At
	}
	key := r.key(n)
	if r.young[key] || r.old[key] {
		return true
	}
	r.young[key] = true
	return false
}

// key is a hash of what a repeat has in common with the first.
func (r *repeats) key(n *Notification) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	maphash.WriteComparable(&h, n.From)
	maphash.WriteComparable(&h, n.request)
	maphash.WriteComparable(&h, n.Uptime)
	maphash.WriteComparable(&h, n.Trap)
	for _, v := range n.Vars {
		maphash.WriteComparable(&h, v)
	}
	return h.Sum64()
}

// Rest is what the journal is only told the number of.
type Rest struct {
	At     time.Time  // the end of the minute
	Device netip.Addr // not valid: of more kinds than are counted apart
	Trap   snmp.OID
	Count  int
}

type kind struct {
	device netip.Addr
	trap   snmp.OID
}

// budget lets each kind have so many entries a minute. For one goroutine.
type budget struct {
	lines  int
	minute time.Time
	counts map[kind]int
}

// beyond counts one, and reports whether it is more than fits.
func (b *budget) beyond(n *Notification) bool {
	k := kind{n.Device(), n.Trap}
	if _, counted := b.counts[k]; !counted && len(b.counts) >= maxKinds {
		k = kind{}
	}
	b.counts[k]++
	return b.counts[k] > b.lines
}

// next begins another minute when it is time, and returns what did not fit into
// the last one.
func (b *budget) next(now time.Time) []Rest {
	if now.Sub(b.minute) < time.Minute && !now.Before(b.minute) {
		return nil
	}
	var rests []Rest
	for k, n := range b.counts {
		if n > b.lines {
			rests = append(rests, Rest{At: now, Device: k.device, Trap: k.trap, Count: n - b.lines})
		}
	}
	b.minute, b.counts = now, map[kind]int{}
	return rests
}

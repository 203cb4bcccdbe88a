package schedule

import (
	"context"
	"hash/fnv"
	"time"

	"monitord/checks"
)

// Job is one check of one host, to be run again and again. Host and Name
// identify it.
type Job struct {
	Host          string
	Name          string        // the check's name, unique within the host
	Type          string        // name of its checks.Type
	Target        checks.Target // Previous and Series are filled by the scheduler
	Check         checks.Check
	Interval      time.Duration // between starts; at least a second
	RetryInterval time.Duration // between starts while the Sink asks for it; 0 means Interval
	Timeout       time.Duration // given to each run; cut to just below the shorter interval
	// Period says whether a regular start may happen at a moment; nil always.
	// RunNow does not ask it.
	Period func(time.Time) bool
}

// Run is one finished run of a job.
type Run struct {
	Job     Job
	At      time.Time       // when it started, by Deps.Now
	Took    time.Duration   // how long it ran
	Late    time.Duration   // how much later than planned it started
	Results []checks.Result // at least one when Err is set
	Err     error           // what made us fail; Results then hold one UNKNOWN
}

// Sink takes a finished run. It is called by several workers at once, for one
// job never by two. retry asks for the next start after the job's RetryInterval
// (the state is soft). It must not keep a worker long.
type Sink func(ctx context.Context, run Run) (retry bool)

// key identifies a job.
type key struct{ host, check string }

func (j Job) key() key { return key{j.Host, j.Name} }

// sameRhythm reports whether a changed job may keep its next start.
func (j Job) sameRhythm(old Job) bool {
	return j.Interval == old.Interval && j.RetryInterval == old.RetryInterval
}

// timeout is always below the time to the next start, so that a run that hangs
// has ended before.
func (j Job) timeout() time.Duration {
	shortest := j.Interval
	if j.RetryInterval > 0 {
		shortest = min(shortest, j.RetryInterval)
	}
	limit := shortest - shortest/20
	if j.Timeout <= 0 {
		return limit
	}
	return min(j.Timeout, limit)
}

// hash spreads jobs; it depends on nothing but their names.
func (k key) hash() uint64 {
	h := fnv.New64a()
	h.Write([]byte(k.host))
	h.Write([]byte{0})
	h.Write([]byte(k.check))
	v := h.Sum64()
	// FNV's low bits differ too little between similar names (web1, web2):
	// mix as MurmurHash3's finaliser does.
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}

// offset is k's place within a span.
func (k key) offset(span time.Duration) time.Duration {
	return time.Duration(k.hash() % uint64(max(span, 1)))
}

// nextSlot is the first moment after now that lies at k's phase of interval.
// Slots are counted from the epoch, so a restart finds the same ones.
func nextSlot(now time.Time, k key, interval time.Duration) time.Time {
	since := time.Duration(now.UnixNano()) - k.offset(interval)
	return now.Add(interval - ((since%interval)+interval)%interval)
}

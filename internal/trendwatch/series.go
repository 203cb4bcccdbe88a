package trendwatch

import (
	"hash/fnv"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
)

// entry is one series that is judged.
type entry struct {
	detector *trend.Detector
	rule     *rule
	key      string // labels, as keyOf writes them
	host     string
	item     string

	cursor  int64   // step up to which the store was read; 0: not at all
	seen    uint64  // which of the last 64 steps had a value: bit 0 is the cursor's
	last    int64   // step of the newest value; 0: none
	first   int64   // step of the first value
	now     float64 // newest value; of a counter the newest rate
	raw     float64 // of a counter, with its moment
	rawAt   int64   // Unix nanoseconds
	resumed int64   // Unix seconds when it came back after a gap
	whole   bool    // it was caught up once
	behind  bool    // it waits for being caught up
	limit   float64 // what an expression says

	told  told
	dates *dates // of limits; nil: none yet
}

// told is what the engine was told of a series last.
type told struct {
	state   checks.State
	changed int64
	dates   int64 // of the limit, as datesOf has them
	id      uint32
	known   bool // false: not since the start of this process
}

// dates are the answer of the last forecast.
type dates struct {
	at int64 // Unix seconds
	trend.Forecast
}

// forecast is the last answer; none yet says too little.
func (e *entry) forecast() trend.Forecast {
	if e.dates == nil {
		return trend.Forecast{}
	}
	return e.dates.Forecast
}

// window is how many steps back a late value is still taken.
const window = 64

// service is what the findings of the series are states of.
func (e *entry) service() checks.Service {
	return checks.Service{Host: e.host, Check: Check, Item: e.item}
}

// show hands a value to the detector, unless that step has one: a newer one is
// judged, an older one mends what is known of the past.
func (e *entry) show(step int64, v float64, at time.Time) (news bool) {
	if behind := e.cursor - step; behind >= 0 {
		if behind >= window || e.seen&(1<<behind) != 0 {
			return false
		}
		e.seen |= 1 << behind
	} else {
		e.advance(step)
		e.seen |= 1
	}
	if step > e.last {
		if e.last != 0 && step-e.last > gapSteps {
			e.resumed = e.rule.at(step).Unix()
		}
		e.last, news = step, true
		e.measure(v, at)
	}
	if e.first == 0 || step < e.first {
		e.first = step
	}
	e.detector.Observe(at, v)
	return news
}

// measure notes the newest value.
func (e *entry) measure(v float64, at time.Time) {
	if !e.rule.Counter {
		e.now = v
		return
	}
	if dt := float64(at.UnixNano()-e.rawAt) / 1e9; e.rawAt != 0 && dt > 0 && v >= e.raw {
		e.now = (v - e.raw) / dt
	}
	e.raw, e.rawAt = v, at.UnixNano()
}

// gapSteps without a value make a gap.
const gapSteps = 2

// advance moves the cursor on to a step.
func (e *entry) advance(step int64) {
	switch by := step - e.cursor; {
	case by <= 0:
		return
	case by >= window:
		e.seen = 0
	default:
		e.seen <<= by
	}
	e.cursor = step
}

// keyOf writes labels so that equal ones are written the same.
func keyOf(labels map[string]string) string {
	names := make([]string, 0, len(labels))
	size := 0
	for name, value := range labels {
		if name != "__name__" {
			names = append(names, name)
			size += len(name) + len(value) + 2
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.Grow(size)
	for _, name := range names {
		b.WriteString(name)
		b.WriteByte(0xff) // in no label: they are UTF-8
		b.WriteString(labels[name])
		b.WriteByte(0xfe)
	}
	return b.String()
}

// hostOf is the host of a series, and the label that says it. A series that has
// none is of no host, and is not judged.
func hostOf(labels map[string]string) (host, label, value string) {
	if h := labels["host"]; h != "" {
		return h, "host", h
	}
	instance := labels["instance"]
	if h, _, err := net.SplitHostPort(instance); err == nil {
		return h, "instance", instance
	}
	return instance, "instance", instance
}

// book holds all series. Its lock is held for moments only.
type book struct {
	sync.Mutex
	series map[*rule]map[string]*entry
	names  map[checks.Service]*entry
	shards [shardCount]map[*entry]struct{}
	max    int
}

func newBook(most int) *book {
	b := &book{series: map[*rule]map[string]*entry{}, names: map[checks.Service]*entry{}, max: most}
	for i := range b.shards {
		b.shards[i] = map[*entry]struct{}{}
	}
	return b
}

// add takes a series in; nil when there are too many. The lock must be held.
func (b *book) add(r *rule, key string, labels map[string]string, host string) (*entry, error) {
	if len(b.names) >= b.max {
		return nil, nil
	}
	e := &entry{rule: r, key: strings.Clone(key), host: strings.Clone(clean(host)), item: r.item(labels)}
	if b.names[e.service()] != nil {
		e.item = r.fuller(labels)
		if b.names[e.service()] != nil {
			return nil, nil // two series that no name tells apart: the first one counts
		}
	}
	e.item = strings.Clone(e.item)
	if err := e.renew(); err != nil {
		return nil, err
	}
	b.put(e)
	return e, nil
}

// renew makes the detector, which knows nothing.
func (e *entry) renew() (err error) {
	conf := e.rule.conf
	if e.rule.Limit != "" {
		conf.Limit = &e.limit // follows what the expression says
	}
	e.detector, err = trend.New(conf)
	return err
}

func (b *book) put(e *entry) {
	if b.series[e.rule] == nil {
		b.series[e.rule] = map[string]*entry{}
	}
	b.series[e.rule][e.key] = e
	b.names[e.service()] = e
	b.shards[shardOf(e.host)][e] = struct{}{}
}

func (b *book) drop(e *entry) {
	delete(b.series[e.rule], e.key)
	delete(b.names, e.service())
	delete(b.shards[shardOf(e.host)], e)
}

// shardOf is the file that a host's series are kept in.
func shardOf(host string) int {
	h := fnv.New32a()
	h.Write([]byte(host))
	return int(h.Sum32() % shardCount)
}

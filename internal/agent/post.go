package agent

import (
	"context"
	"encoding/json"
	"time"

	"monitord/internal/wire"
)

// Watcher follows logs of this machine with the rules that the server assigned.
type Watcher interface {
	// Apply takes a new assignment for the host that the probe speaks for. It is
	// called before Run too.
	Apply(host string, a wire.Assignment)
	// Begin comes before anything is posted in this life of the probe: what was
	// not posted to its end is now.
	Begin(out Outgoing) error
	// Run follows until ctx ends. What lines bring goes to the Outgoing of Begin.
	Run(ctx context.Context) error
}

// Event is something to tell the server, before it has a number.
type Event struct {
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"` // one of wire's
	Data json.RawMessage `json:"data"`
}

// Outgoing is the spool for a Watcher that remembers what it posted.
type Outgoing interface {
	// Post keeps events with successive numbers. begin gets the boot ID of the
	// numbering and the first number before anything is kept; its error comes back
	// and nothing is kept. Events that the disk does not take wait in memory.
	Post(events []Event, begin func(boot string, first uint64) error) error
	// Synced syncs, and reports whether all that was posted is on disk.
	Synced() bool
	// Kept is the highest number of that boot ID that is on disk or was sent.
	Kept() (boot string, last uint64)
	// Waiting is how many events were not sent yet.
	Waiting() int
	// Samples keeps numbers with times of their own.
	Samples(list []Sample) error
}

// Sample is a number with its time.
type Sample struct {
	At     time.Time
	Name   string
	Value  float64
	Labels []string // name, value, …; sorted by name
}

// outgoing is an Agent as a Watcher sees it.
type outgoing struct {
	*Agent
	enc encoder
}

var _ Outgoing = (*outgoing)(nil)

func (o *outgoing) Post(events []Event, begin func(boot string, first uint64) error) error {
	return o.events.AppendAll(recordEvent, len(events),
		func(first uint64) error { return begin(o.boot, first) },
		func(i int, seq uint64) ([]byte, error) {
			e := events[i]
			return json.Marshal(wire.Event{Seq: seq, At: e.At.UTC(), Kind: e.Kind, Host: o.id.host, Data: e.Data})
		})
}

func (o *outgoing) Synced() bool { return o.events.Flush() }

func (o *outgoing) Kept() (string, uint64) { return o.boot, o.events.Kept() }

func (o *outgoing) Waiting() int { return o.events.Stats().Records }

func (o *outgoing) Samples(list []Sample) error {
	o.enc.start(o.deps.Now())
	for _, s := range list {
		o.enc.addAt(s.At, s.Name, s.Value, s.Labels...)
	}
	_, err := o.samples.Append(recordCollection, o.enc.count+1, func(seq uint64) ([]byte, error) {
		o.enc.Add(wire.SequenceMetric, float64(seq))
		return o.enc.pack(), nil
	})
	return err
}

// addAt is Add with another time than that of the collection.
func (e *encoder) addAt(at time.Time, name string, value float64, labels ...string) {
	was := e.stamp
	e.stamp = at.UnixMilli()
	e.Add(name, value, labels...)
	e.stamp = was
}

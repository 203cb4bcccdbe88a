package agent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/golang/snappy"

	"monitord/internal/logkeys"
	"monitord/internal/spool"
	"monitord/internal/wire"
)

// sampleStream sends collections as remote write 1.0.
type sampleStream struct{}

func (sampleStream) name() string { return "samples" }
func (sampleStream) path() string { return wire.WritePath }

// limits: ten collections, some 450 kB before compression, keep a day's backlog
// going at memory that a small machine does not notice.
func (sampleStream) limits() (records, bytes int) { return 10, 256 << 10 }

func (sampleStream) request(rs []spool.Record) ([]byte, http.Header, error) {
	header := http.Header{
		"Content-Type":                      {"application/x-protobuf"},
		"Content-Encoding":                  {"snappy"},
		"X-Prometheus-Remote-Write-Version": {"0.1.0"},
	}
	if len(rs) == 1 {
		return rs[0].Payload, header, nil
	}
	var all []byte
	for _, r := range rs {
		b, err := snappy.Decode(nil, r.Payload)
		if err != nil {
			return nil, nil, errNotUsable(r, err)
		}
		all = append(all, b...)
	}
	return snappy.Encode(nil, all), header, nil
}

func (sampleStream) acked(rs []spool.Record, _ answer) (uint64, error) {
	return rs[len(rs)-1].Seq, nil
}

// polledStream sends the samples of other hosts, a record for each run.
type polledStream struct{ sampleStream }

func (polledStream) name() string { return "polled" }

func (polledStream) limits() (records, bytes int) { return 100, 256 << 10 }

const recordEvent = 2 // spool type: a wire.Event in JSON

// eventStream sends numbered events.
type eventStream struct{ boot string }

func (*eventStream) name() string { return "events" }
func (*eventStream) path() string { return wire.EventsPath }

func (*eventStream) limits() (records, bytes int) { return 200, 256 << 10 }

func (e *eventStream) request(rs []spool.Record) ([]byte, http.Header, error) {
	batch := struct {
		Boot   string            `json:"boot"`
		Events []json.RawMessage `json:"events"`
	}{Boot: e.boot}
	for _, r := range rs {
		batch.Events = append(batch.Events, r.Payload)
	}
	b, err := json.Marshal(batch)
	if err != nil {
		return nil, nil, errNotUsable(rs[0], err)
	}
	return b, http.Header{"Content-Type": {"application/json"}}, nil
}

// acked believes the server only about what it was sent.
func (e *eventStream) acked(rs []spool.Record, a answer) (uint64, error) {
	var ack wire.EventAck
	if err := json.Unmarshal(a.body, &ack); err != nil {
		return 0, fmt.Errorf("read acknowledgement: %w", err)
	}
	if ack.Boot != e.boot {
		return 0, fmt.Errorf("server acknowledged boot %q, ours is %s", ack.Boot, e.boot)
	}
	if ack.Seq < rs[0].Seq {
		return 0, fmt.Errorf("server acknowledged %d, sent were %d to %d", ack.Seq, rs[0].Seq, rs[len(rs)-1].Seq)
	}
	return min(ack.Seq, rs[len(rs)-1].Seq), nil
}

// emit keeps an event of now.
func (a *Agent) emit(kind string, data any) { a.emitAt(a.deps.Now(), kind, data) }

// emitAt gives an event its number and keeps it on disk.
func (a *Agent) emitAt(at time.Time, kind string, data any) {
	body, err := json.Marshal(data)
	if err == nil {
		_, err = a.events.Append(recordEvent, 1, func(seq uint64) ([]byte, error) {
			return json.Marshal(wire.Event{Seq: seq, At: at.UTC(), Kind: kind, Host: a.id.host, Data: body})
		})
	}
	if err != nil {
		a.log.Error("event lost", logkeys.Err, err, logkeys.Reason, kind)
	}
}

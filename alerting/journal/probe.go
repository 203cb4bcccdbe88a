package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/wire"
)

// AcceptProbeEvents takes over what a probe sent. Events up to the highest
// number known are repeats and dropped; numbers missing in between are
// journaled as a loss. It returns when ack is durable: everything up to it may
// be forgotten by the probe. The fresh events, in order, are to be judged; if
// that is cut off by a crash, Unjudged has them.
func (j *Journal) AcceptProbeEvents(ctx context.Context, host, boot string, events []wire.Event) (ack uint64, fresh []wire.Event, err error) {
	// The transaction may run twice (alone after its group failed), and may
	// outlive ctx: it works on variables of its own.
	type taken struct {
		ack   uint64
		fresh []wire.Event
		lost  uint64
	}
	result := make(chan taken, 2)
	err = j.write(ctx, func(tx *sql.Tx) error {
		highest, err := highestSeq(tx, host, boot)
		if err != nil {
			return err
		}
		t := taken{ack: highest}
		var losses []alerting.Event
		for _, e := range events {
			if e.Seq <= t.ack {
				continue
			}
			if missing := e.Seq - t.ack - 1; missing > 0 {
				t.lost += missing
				losses = append(losses, j.loss(host, boot, t.ack+1, e.Seq-1))
			}
			t.ack = e.Seq
			t.fresh = append(t.fresh, e)
		}
		if len(t.fresh) > 0 {
			if err := j.take(tx, host, boot, t.ack, t.fresh, losses); err != nil {
				return err
			}
		}
		result <- t
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("accept events of probe %s: %w", host, err)
	}
	t := <-result
	for len(result) > 0 {
		t = <-result // of the second try, which counts
	}
	j.metrics.lost.Add(float64(t.lost))
	return t.ack, t.fresh, nil
}

func highestSeq(tx *sql.Tx, host, boot string) (uint64, error) {
	var seq int64
	err := tx.QueryRow(`SELECT seq FROM probe_events WHERE host = ? AND boot = ?`, host, boot).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return uint64(seq), err
}

func (j *Journal) loss(host, boot string, from, to uint64) alerting.Event {
	data, _ := json.Marshal(map[string]any{"boot": boot, "from": from, "to": to})
	return alerting.Event{At: j.opts.Now(), Kind: alerting.EventLoss, Host: host, Data: data}
}

// take writes the new highest number, the events, and what was lost. Results
// are journaled by the state machine, which knows which of them are news.
func (j *Journal) take(tx *sql.Tx, host, boot string, seq uint64, fresh []wire.Event, losses []alerting.Event) error {
	_, err := tx.Exec(`INSERT INTO probe_events (host, boot, seq, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (host, boot) DO UPDATE SET seq = excluded.seq, at = excluded.at`, host, boot, int64(seq), nanos(j.opts.Now()))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM probe_inbox WHERE host = ?`, host); err != nil {
		return err
	}
	journaled := losses
	for _, e := range fresh {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO probe_inbox (host, boot, seq, data) VALUES (?, ?, ?, ?)`, host, boot, int64(e.Seq), string(data)); err != nil {
			return err
		}
		if e.Kind != wire.KindResult {
			journaled = append(journaled, probeEvent(host, e))
		}
	}
	return writeEvents(tx, journaled)
}

// probeEvent is what a probe tells, as the journal has it. A line of a log is
// about the service that its rule raises.
func probeEvent(host string, e wire.Event) alerting.Event {
	out := alerting.Event{At: e.At, Kind: alerting.EventKind(e.Kind), Host: host, State: checks.OK, Data: e.Data}
	if e.Kind == wire.KindLogMatch {
		var m struct {
			Service string `json:"service"`
		}
		if json.Unmarshal(e.Data, &m) == nil && m.Service != "" {
			out.Service = checks.Service{Host: host, Check: alerting.LogCheck, Item: m.Service}
		}
	}
	return out
}

// Unjudged lists the last batch of every probe, oldest first: a crash may have
// come between its acceptance and its judgement. Judging a result again changes
// nothing, because it is not newer than the last one.
func (j *Journal) Unjudged(ctx context.Context) ([]wire.Event, error) {
	list, err := decodeRows[wire.Event](ctx, j.readers, `SELECT data FROM probe_inbox ORDER BY host, boot, seq`)
	if err != nil {
		return nil, fmt.Errorf("read probe inbox: %w", err)
	}
	return list, nil
}

package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"monitord/alerting"
)

// Submit queues a change behind all earlier ones; the channel gets one value
// once it is durable or refused. It never blocks.
func (j *Journal) Submit(c alerting.Change) <-chan error {
	return j.submit(func(tx *sql.Tx) error { return writeChange(tx, c) })
}

func writeChange(tx *sql.Tx, c alerting.Change) error {
	for _, id := range c.Removed {
		if _, err := tx.Exec(`DELETE FROM services WHERE host = ? AND check_ = ? AND item = ?`, id.Host, id.Check, id.Item); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM failed_runs WHERE service = ?`, id.String()); err != nil {
			return err
		}
	}
	for _, r := range c.Services {
		if err := writeService(tx, r); err != nil {
			return err
		}
	}
	for _, r := range c.Incidents {
		if err := writeIncident(tx, r); err != nil {
			return err
		}
	}
	for _, m := range c.Messages {
		if err := queueMessage(tx, m); err != nil {
			return err
		}
	}
	for _, d := range c.Downtimes {
		if err := writeDowntime(tx, d); err != nil {
			return err
		}
	}
	if err := writeExtra(tx, c.Extra); err != nil {
		return err
	}
	return writeEvents(tx, c.Events)
}

func writeDowntime(tx *sql.Tx, d alerting.Downtime) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode downtime %d: %w", d.ID, err)
	}
	_, err = tx.Exec(`INSERT INTO downtimes (id, ended, data) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, data = excluded.data`, d.ID, nanos(d.Ended), string(data))
	return err
}

func writeService(tx *sql.Tx, r alerting.Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode service %s: %w", r.Service.Service, err)
	}
	id := r.Service.Service
	_, err = tx.Exec(`INSERT INTO services (host, check_, item, revision, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (host, check_, item) DO UPDATE SET revision = excluded.revision, data = excluded.data
		WHERE excluded.revision > services.revision`, id.Host, id.Check, id.Item, r.Revision, string(data))
	return err
}

func writeIncident(tx *sql.Tx, r alerting.IncidentRecord) error {
	r.Incident.Notified = nil // made from the messages
	data, err := json.Marshal(r.Incident)
	if err != nil {
		return fmt.Errorf("encode incident %d: %w", r.Incident.ID, err)
	}
	_, err = tx.Exec(`INSERT INTO incidents (id, revision, closed, data) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, closed = excluded.closed, data = excluded.data
		WHERE excluded.revision > incidents.revision`, r.Incident.ID, r.Revision, nanos(r.Incident.Closed), string(data))
	return err
}

// queueMessage adds a message. One that is there already is further on than
// this copy, unless this copy withdraws it.
func queueMessage(tx *sql.Tx, m alerting.Message) error {
	return putMessage(tx, m, `DO UPDATE SET state = excluded.state, data = excluded.data
		WHERE excluded.state = 'withdrawn' AND outbox.state = 'pending'`)
}

func putMessage(tx *sql.Tx, m alerting.Message, conflict string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", m.ID, err)
	}
	_, err = tx.Exec(`INSERT INTO outbox (id, incident, state, queued, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) `+conflict,
		m.ID, m.Incident, string(m.State), nanos(m.Queued), string(data))
	return err
}

func writeEvents(tx *sql.Tx, events []alerting.Event) error {
	for _, e := range events {
		written, err := tx.Exec(`INSERT INTO events (at, kind, host, check_, item, state, hard, incident, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			nanos(e.At), string(e.Kind), e.Host, e.Service.Check, e.Service.Item, int(e.State), e.Hard, e.Incident, string(e.Data))
		if err != nil {
			return err
		}
		if e.Failed == nil {
			continue
		}
		id, err := written.LastInsertId()
		if err != nil {
			return err
		}
		if err := keepRun(tx, id, e); err != nil {
			return err
		}
	}
	return nil
}

// Save records how far a message has come, with events about it, and returns
// when that is durable. The message is added if the journal has never seen it:
// it may have been told while the journal was away.
func (j *Journal) Save(ctx context.Context, m alerting.Message, events ...alerting.Event) error {
	return j.write(ctx, func(tx *sql.Tx) error {
		if err := putMessage(tx, m, `DO UPDATE SET state = excluded.state, data = excluded.data`); err != nil {
			return err
		}
		return writeEvents(tx, events)
	})
}

// Append adds events and returns when they are durable.
func (j *Journal) Append(ctx context.Context, events ...alerting.Event) error {
	return j.write(ctx, func(tx *sql.Tx) error { return writeEvents(tx, events) })
}

// nanos is a time as the tables have it; 0 is the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

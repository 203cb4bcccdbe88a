package journal

import (
	"context"
	"fmt"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

// Mark is a moment of a service's history: from At on its hard state was State,
// or, where Lost says why, it was not known.
type Mark struct {
	At    time.Time
	State checks.State
	Lost  alerting.EventKind // EventMissed, EventRetired, EventRemoved; empty while it is known
}

// MarkFilter selects services; its zero value selects all.
type MarkFilter struct {
	Host     string
	Services []checks.Service // these alone, one after the other; Host is not looked at
}

// markColumns and marking select what changes what is known of a service.
const (
	markColumns = `e.host, e.check_, e.item, e.at, e.kind, e.state`
	marking     = `(e.kind = 'state' AND e.hard = 1 OR e.kind IN ('missed', 'returned', 'retired', 'removed'))`
	ofService   = `e.host = ? AND e.check_ = ? AND e.item = ?`
)

// Marks reads the histories of many services between two moments at once, each
// oldest first; the first mark is the one in force at since, if there was one.
// Without a filter they are the services of now and those of which something
// happened in between. The work grows with the number of services and with what
// happened in between, not with the age of the journal: 50,000 services take two
// questions.
func (j *Journal) Marks(ctx context.Context, f MarkFilter, since, until time.Time) (map[checks.Service][]Mark, error) {
	out := map[checks.Service][]Mark{}
	from, to := nanos(since), nanos(until)
	if len(f.Services) == 0 {
		return out, j.manyMarks(ctx, out, f.Host, from, to)
	}
	for _, s := range f.Services {
		if _, twice := out[s]; twice {
			continue
		}
		out[s] = nil
		err := j.readMarks(ctx, out, `SELECT `+markColumns+` FROM events AS e WHERE `+ofService+` AND e.at <= ? AND `+marking+`
			ORDER BY e.at DESC, e.id DESC LIMIT 1`, s.Host, s.Check, s.Item, from)
		if err == nil {
			err = j.readMarks(ctx, out, `SELECT `+markColumns+` FROM events AS e WHERE `+ofService+` AND e.at > ? AND e.at < ? AND `+marking+`
				ORDER BY e.at, e.id`, s.Host, s.Check, s.Item, from, to)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (j *Journal) manyMarks(ctx context.Context, out map[checks.Service][]Mark, host string, from, to int64) error {
	// The mark in force is found by the index of events by service.
	err := j.readMarks(ctx, out, `WITH s AS (
			SELECT host, check_, item FROM services WHERE ?1 = '' OR host = ?1
			UNION SELECT e.host, e.check_, e.item FROM events AS e WHERE e.at > ?2 AND e.at < ?3 AND (?1 = '' OR e.host = ?1) AND `+marking+`)
		SELECT `+markColumns+` FROM s JOIN events AS e ON e.id = (SELECT e.id FROM events AS e
			WHERE e.host = s.host AND e.check_ = s.check_ AND e.item = s.item AND e.at <= ?2 AND `+marking+` ORDER BY e.at DESC, e.id DESC LIMIT 1)`,
		host, from, to)
	if err != nil {
		return err
	}
	return j.readMarks(ctx, out, `SELECT `+markColumns+` FROM events AS e WHERE e.at > ?2 AND e.at < ?3 AND (?1 = '' OR e.host = ?1) AND `+marking+`
		ORDER BY e.at, e.id`, host, from, to)
}

// readMarks appends what a question about markColumns finds.
func (j *Journal) readMarks(ctx context.Context, out map[checks.Service][]Mark, query string, args ...any) error {
	rows, err := j.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s checks.Service
		var at int64
		var kind alerting.EventKind
		var state int
		if err := rows.Scan(&s.Host, &s.Check, &s.Item, &at, &kind, &state); err != nil {
			return fmt.Errorf("read marks: %w", err)
		}
		m := Mark{At: moment(at), State: checks.State(state)}
		switch kind {
		case alerting.EventMissed, alerting.EventRetired, alerting.EventRemoved:
			m.Lost = kind
		}
		out[s] = append(out[s], m)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read marks: %w", err)
	}
	return nil
}

// Downtimes lists those that were not over at a moment, also those that are
// over now, in the order added.
func (j *Journal) Downtimes(ctx context.Context, since time.Time) ([]alerting.Downtime, error) {
	list, err := decodeRows[alerting.Downtime](ctx, j.readers, `SELECT data FROM downtimes WHERE ended = 0 OR ended > ? ORDER BY id`, nanos(since))
	if err != nil {
		return nil, fmt.Errorf("read downtimes: %w", err)
	}
	return list, nil
}

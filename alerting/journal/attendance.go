package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// The server writes down that it is there every beatEvery. A beat that comes
// later than beatGap after the one before says that the machine stood still, or
// that its clock was set: what lies between was not watched.
const (
	beatEvery = 15 * time.Second
	beatGap   = 3 * beatEvery
)

// lastBeat is how long the end of the server waits for its last beat.
const lastBeat = 2 * time.Second

// Attend writes down when the server is there, until ctx ends. It must end
// before Run does. A beat that cannot be written is made good by the next one:
// a hanging disk is no absence.
func (j *Journal) Attend(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	began := j.opts.Now()
	seen := began
	written := j.attended(began, seen)
	for {
		select {
		case <-ctx.Done():
			written = j.attended(began, j.opts.Now())
			select {
			case <-written:
			case <-j.closed:
			case <-time.After(lastBeat):
			}
			return nil
		case <-tick.C:
			now := j.opts.Now()
			if gap := now.Sub(seen); gap < 0 || gap > beatGap {
				began = now
			}
			seen = now
			select {
			case <-written:
				written = j.attended(began, seen)
			default: // the beat before still waits: the disk hangs
			}
		}
	}
}

// attended queues a beat.
func (j *Journal) attended(began, seen time.Time) <-chan error {
	return j.submit(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO attendance (began, seen) VALUES (?, ?)
			ON CONFLICT (began) DO UPDATE SET seen = max(seen, excluded.seen)`, nanos(began), nanos(seen))
		return err
	})
}

// Absence is a time in which the server was not there: it was stopped, or its
// machine stood still.
type Absence struct{ From, To time.Time }

// Absences lists when the server was not there between two moments, oldest
// first. Of the time before it first wrote that down nothing is known, and of
// the time after the last beat it is not said that it was away.
func (j *Journal) Absences(ctx context.Context, since, until time.Time) ([]Absence, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT began, seen FROM attendance
		WHERE began >= coalesce((SELECT max(began) FROM attendance WHERE began <= ?), 0) AND began <= ? OR
			began = (SELECT min(began) FROM attendance WHERE began > ?)
		ORDER BY began`, nanos(since), nanos(until), nanos(until))
	if err != nil {
		return nil, fmt.Errorf("read attendance: %w", err)
	}
	defer rows.Close()
	var list []Absence
	var last int64
	for rows.Next() {
		var began, seen int64
		if err := rows.Scan(&began, &seen); err != nil {
			return nil, fmt.Errorf("read attendance: %w", err)
		}
		if a := (Absence{moment(last), moment(began)}); last != 0 && last < began && a.To.After(since) && a.From.Before(until) {
			list = append(list, a)
		}
		last = max(last, seen)
	}
	return list, rows.Err()
}

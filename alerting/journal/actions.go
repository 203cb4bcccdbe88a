package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
)

// SaveAction records how far a request to act has come, with events about it,
// and returns when that is durable. A step that may not follow the recorded one
// is a failover.OrderError and changes nothing: the row is what makes an action
// happen at most once.
func (j *Journal) SaveAction(ctx context.Context, r failover.Record, events ...alerting.Event) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode action request %s: %w", r.Request.ID, err)
	}
	return j.write(ctx, func(tx *sql.Tx) error {
		from, err := progressOf(tx, r.Request.ID)
		if err != nil {
			return err
		}
		if !failover.MayFollow(from, r.Progress) {
			return failover.OrderError{ID: r.Request.ID, From: from, To: r.Progress}
		}
		_, err = tx.Exec(`INSERT INTO actions (id, action, host, incident, state, open, undo, wanted, started, data)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET incident = excluded.incident,
			state = excluded.state, open = excluded.open, started = excluded.started, data = excluded.data`,
			r.Request.ID, r.Request.Action, r.Request.Service.Host, r.Request.Incident, string(r.Progress), r.Open(), r.Request.Undo,
			nanos(r.Wanted), nanos(r.Started), string(data))
		if err != nil {
			return err
		}
		return writeEvents(tx, events)
	})
}

func progressOf(tx *sql.Tx, id string) (failover.Progress, error) {
	var from string
	err := tx.QueryRow(`SELECT state FROM actions WHERE id = ?`, id).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return failover.Progress(from), err
}

// Actions lists the requests that a filter selects, the newest first.
func (j *Journal) Actions(ctx context.Context, f failover.Filter) ([]failover.Record, error) {
	var where []string
	var args []any
	add := func(cond string, value any) {
		where = append(where, cond)
		args = append(args, value)
	}
	if f.ID != "" {
		add(`id = ?`, f.ID)
	}
	if f.Action != "" {
		add(`action = ?`, f.Action)
	}
	if f.Host != "" {
		add(`host = ?`, f.Host)
	}
	if f.Incident != 0 {
		add(`incident = ?`, f.Incident)
	}
	if !f.Since.IsZero() {
		add(`wanted >= ?`, nanos(f.Since))
	}
	if f.Open {
		add(`open = ?`, 1)
	}
	query := `SELECT data FROM actions`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 200
	}
	list, err := decodeRows[failover.Record](ctx, j.readers, query+` ORDER BY wanted DESC, rowid DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	return list, nil
}

// ActionStarts lists when an action was started since a moment, oldest first,
// for budget and cool-down; taking back is no start.
func (j *Journal) ActionStarts(ctx context.Context, action string, since time.Time) ([]failover.Start, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT host, started FROM actions
		WHERE action = ? AND started > ? AND undo = 0 ORDER BY started`, action, max(nanos(since), 0))
	if err != nil {
		return nil, fmt.Errorf("read action starts: %w", err)
	}
	defer rows.Close()
	var list []failover.Start
	for rows.Next() {
		var s failover.Start
		var at int64
		if err := rows.Scan(&s.Host, &at); err != nil {
			return nil, fmt.Errorf("read action starts: %w", err)
		}
		s.At = moment(at)
		list = append(list, s)
	}
	return list, rows.Err()
}

// freezeName is the row of table meta that holds the switch.
const freezeName = "actions.frozen"

// Frozen is the switch that stops all actions.
func (j *Journal) Frozen(ctx context.Context) (failover.Freeze, error) {
	var f failover.Freeze
	var data []byte
	err := j.readers.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, freezeName).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	if err != nil {
		return f, fmt.Errorf("read the freeze switch: %w", err)
	}
	return f, nil
}

// SetFrozen sets the switch, with the event about it, and returns when that is
// durable.
func (j *Journal) SetFrozen(ctx context.Context, f failover.Freeze, event alerting.Event) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode the freeze switch: %w", err)
	}
	return j.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, freezeName, string(data))
		if err != nil {
			return err
		}
		return writeEvents(tx, []alerting.Event{event})
	})
}

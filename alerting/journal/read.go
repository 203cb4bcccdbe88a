package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

// loadClosed is how many closed incidents a start takes into memory.
const loadClosed = 500

// Load reads what the engine needs for a start.
func (j *Journal) Load(ctx context.Context) (alerting.Memory, error) {
	m := alerting.Memory{Instance: j.instance}
	var err error
	if m.Services, err = decodeRows[alerting.Record](ctx, j.readers, `SELECT data FROM services`); err != nil {
		return m, fmt.Errorf("read services: %w", err)
	}
	if m.Incidents, err = j.loadIncidents(ctx); err != nil {
		return m, fmt.Errorf("read incidents: %w", err)
	}
	m.Messages, err = decodeRows[alerting.Message](ctx, j.readers, `SELECT data FROM outbox WHERE incident IN (`+loadedIncidents+`) ORDER BY queued, id`, loadClosed)
	if err != nil {
		return m, fmt.Errorf("read messages: %w", err)
	}
	m.Downtimes, err = decodeRows[alerting.Downtime](ctx, j.readers, `SELECT data FROM downtimes
		WHERE ended = 0 OR id = (SELECT max(id) FROM downtimes) ORDER BY id`)
	if err != nil {
		return m, fmt.Errorf("read downtimes: %w", err)
	}
	err = j.readers.QueryRowContext(ctx, `SELECT
		max(coalesce((SELECT max(revision) FROM services), 0), coalesce((SELECT max(revision) FROM incidents), 0)),
		coalesce((SELECT max(id) FROM incidents), 0)`).Scan(&m.Revision, &m.LastID)
	if err != nil {
		return m, fmt.Errorf("read revisions: %w", err)
	}
	return m, nil
}

// loadedIncidents selects the numbers of all open and the newest closed ones.
const loadedIncidents = `SELECT id FROM incidents WHERE closed = 0 UNION
	SELECT id FROM (SELECT id FROM incidents WHERE closed <> 0 ORDER BY id DESC LIMIT ?)`

func (j *Journal) loadIncidents(ctx context.Context) ([]alerting.IncidentRecord, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT revision, data FROM incidents WHERE id IN (`+loadedIncidents+`) ORDER BY closed, id`, loadClosed)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []alerting.IncidentRecord
	for rows.Next() {
		var r alerting.IncidentRecord
		var data []byte
		if err := rows.Scan(&r.Revision, &data); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &r.Incident); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// decodeRows reads one column of JSON.
func decodeRows[T any](ctx context.Context, db *sql.DB, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// Pending lists the messages that are not done, in the order queued.
func (j *Journal) Pending(ctx context.Context) ([]alerting.Message, error) {
	list, err := decodeRows[alerting.Message](ctx, j.readers, `SELECT data FROM outbox WHERE state IN ('pending', 'sending') ORDER BY queued, id`)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return list, nil
}

const eventColumns = `id, at, kind, host, check_, item, state, hard, incident, data`

// Events lists the newest events that a filter selects, the newest first.
func (j *Journal) Events(ctx context.Context, f alerting.EventFilter) ([]alerting.Event, error) {
	var where []string
	var args []any
	add := func(cond string, values ...any) {
		where = append(where, cond)
		args = append(args, values...)
	}
	if f.Host != "" {
		add(`host = ?`, f.Host)
	}
	if f.Service != (checks.Service{}) {
		add(`host = ? AND check_ = ? AND item = ?`, f.Service.Host, f.Service.Check, f.Service.Item)
	}
	if f.Kind != "" {
		add(`kind = ?`, string(f.Kind))
	}
	if f.Incident != 0 {
		add(`incident = ?`, f.Incident)
	}
	if !f.Since.IsZero() {
		add(`at >= ?`, nanos(f.Since))
	}
	query := `SELECT ` + eventColumns + ` FROM events`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	return j.queryEvents(ctx, query+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
}

func (j *Journal) queryEvents(ctx context.Context, query string, args ...any) ([]alerting.Event, error) {
	rows, err := j.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	var list []alerting.Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// scanEvent reads eventColumns and what stands behind them.
func scanEvent(rows *sql.Rows, more ...any) (alerting.Event, error) {
	var e alerting.Event
	var at int64
	var state int
	var data []byte
	columns := []any{&e.ID, &at, &e.Kind, &e.Host, &e.Service.Check, &e.Service.Item, &state, &e.Hard, &e.Incident, &data}
	if err := rows.Scan(append(columns, more...)...); err != nil {
		return e, err
	}
	e.At, e.State = moment(at), checks.State(state)
	if e.Service.Check != "" {
		e.Service.Host = e.Host
	}
	if len(data) > 0 {
		e.Data = data
	}
	return e, nil
}

// Hard lists the hard states of a service since a moment, oldest first; the
// first is the one in force at that moment, if there was one.
func (j *Journal) Hard(ctx context.Context, s checks.Service, since time.Time) ([]alerting.Marker, error) {
	const of = ` FROM events WHERE host = ? AND check_ = ? AND item = ? AND kind = 'state' AND hard = 1 AND at `
	before, err := j.queryEvents(ctx, `SELECT `+eventColumns+of+`<= ? ORDER BY at DESC, id DESC LIMIT 1`, s.Host, s.Check, s.Item, nanos(since))
	if err != nil {
		return nil, err
	}
	after, err := j.queryEvents(ctx, `SELECT `+eventColumns+of+`> ? ORDER BY at, id`, s.Host, s.Check, s.Item, nanos(since))
	if err != nil {
		return nil, err
	}
	var list []alerting.Marker
	for _, e := range slices.Concat(before, after) {
		if n := len(list); n == 0 || list[n-1].State != e.State {
			list = append(list, alerting.Marker{At: e.At, State: e.State})
		}
	}
	return list, nil
}

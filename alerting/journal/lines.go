package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"monitord/alerting"
)

// LineFilter selects entries about lines that matched rules for logs; a zero
// field selects everything.
type LineFilter struct {
	Host       string
	Rule       string
	Severities []string // one of these names
	Words      []string // each occurs in the line; of Latin letters the case does not matter
	Since      time.Time
	Until      time.Time
	Before     int64 // entries with a smaller number
	Limit      int   // the newest so many; 0 means 1000
}

// Lines lists the newest entries about lines, the newest first.
func (j *Journal) Lines(ctx context.Context, f LineFilter) ([]alerting.Event, error) {
	where, args := []string{`kind = 'log-match'`}, []any{} // as in the index
	add := func(cond string, values ...any) {
		where = append(where, cond)
		args = append(args, values...)
	}
	if f.Host != "" {
		add(`host = ?`, f.Host)
	}
	if f.Before > 0 {
		add(`id < ?`, f.Before)
	}
	if !f.Since.IsZero() {
		add(`at >= ?`, nanos(f.Since))
	}
	if !f.Until.IsZero() {
		add(`at <= ?`, nanos(f.Until))
	}
	if f.Rule != "" {
		add(`json_extract(data, '$.rule') = ?`, f.Rule)
	}
	if len(f.Severities) > 0 {
		cond := `json_extract(data, '$.severity') IN (?` + strings.Repeat(`, ?`, len(f.Severities)-1) + `)`
		where = append(where, cond)
		for _, s := range f.Severities {
			args = append(args, s)
		}
	}
	for _, w := range f.Words {
		add(`instr(lower(json_extract(data, '$.line')), lower(?)) > 0`, w)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	return j.queryEvents(ctx, `SELECT `+eventColumns+` FROM events WHERE `+strings.Join(where, ` AND `)+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
}

// LastLines is the number of each rule's newest entry behind a number.
func (j *Journal) LastLines(ctx context.Context, after int64) (map[string]int64, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT json_extract(data, '$.rule'), max(id) FROM events WHERE kind = 'log-match' AND id > ? GROUP BY 1`, after)
	if err != nil {
		return nil, fmt.Errorf("last lines: %w", err)
	}
	defer rows.Close()
	last := map[string]int64{}
	for rows.Next() {
		var rule sql.NullString
		var id int64
		if err := rows.Scan(&rule, &id); err != nil {
			return nil, fmt.Errorf("last lines: %w", err)
		}
		last[rule.String] = id
	}
	return last, rows.Err()
}

// ByID reads entries by their numbers; those that are not there are left out.
func (j *Journal) ByID(ctx context.Context, ids []int64) ([]alerting.Event, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return j.queryEvents(ctx, `SELECT `+eventColumns+` FROM events WHERE id IN (?`+strings.Repeat(`, ?`, len(ids)-1)+`)`, args...)
}

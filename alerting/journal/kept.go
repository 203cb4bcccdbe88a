package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"monitord/alerting"
)

// onceName is the name under which the identity of an owner's last Extra is
// kept. No owner uses it.
const onceName = ""

// Kept is what an owner has kept by alerting.Extra.
func (j *Journal) Kept(ctx context.Context, owner string) (map[string]string, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT name, value FROM kept WHERE owner = ? AND name <> ?`, owner, onceName)
	if err != nil {
		return nil, fmt.Errorf("read what is kept for %s: %w", owner, err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read what is kept for %s: %w", owner, err)
		}
		all[name] = value
	}
	return all, rows.Err()
}

// writeExtra writes what belongs to a change, unless it did so already.
func writeExtra(tx *sql.Tx, x *alerting.Extra) error {
	if x == nil {
		return nil
	}
	if x.Once != "" {
		var last string
		err := tx.QueryRow(`SELECT value FROM kept WHERE owner = ? AND name = ?`, x.Owner, onceName).Scan(&last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) || last == x.Once {
			return err
		}
		if err := keepValue(tx, x.Owner, onceName, x.Once); err != nil {
			return err
		}
	}
	for name, value := range x.Kept {
		if err := keepValue(tx, x.Owner, name, value); err != nil {
			return err
		}
	}
	return writeEvents(tx, x.Events)
}

func keepValue(tx *sql.Tx, owner, name, value string) error {
	if value == "" {
		_, err := tx.Exec(`DELETE FROM kept WHERE owner = ? AND name = ?`, owner, name)
		return err
	}
	_, err := tx.Exec(`INSERT INTO kept (owner, name, value) VALUES (?, ?, ?)
		ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value`, owner, name, value)
	return err
}

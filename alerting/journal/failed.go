package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

// FailedRunsKept is how many failing runs of one service the journal keeps. It
// bounds them to about 80 KB a service; older state changes stay without.
const FailedRunsKept = 20

// runData is the column run.
type runData struct {
	Took   time.Duration  `json:"took"`
	Phases []checks.Phase `json:"phases,omitempty"`
}

// keepRun keeps what the run behind a state change left, and forgets the
// service's oldest ones.
func keepRun(tx *sql.Tx, event int64, e alerting.Event) error {
	run, err := json.Marshal(runData{e.Failed.Took, e.Failed.Phases})
	if err != nil {
		return fmt.Errorf("encode run of %s: %w", e.Service, err)
	}
	evidence := e.Failed.Evidence[:min(len(e.Failed.Evidence), checks.EvidenceLimit)]
	if evidence == nil {
		evidence = []byte{}
	}
	service := e.Service.String()
	if _, err := tx.Exec(`INSERT INTO failed_runs (event, service, run, evidence) VALUES (?, ?, ?, ?)`, event, service, string(run), evidence); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM failed_runs WHERE service = ? AND event <=
		(SELECT event FROM failed_runs WHERE service = ? ORDER BY event DESC LIMIT 1 OFFSET ?)`, service, service, FailedRunsKept)
	return err
}

// FailedRuns lists the kept failing runs of a service, oldest first: those from
// since to until, and before them those of the problem that since lies in. Each
// is the EventState of its run, with Failed.
func (j *Journal) FailedRuns(ctx context.Context, s checks.Service, since, until time.Time) ([]alerting.Event, error) {
	rows, err := j.readers.QueryContext(ctx, `SELECT `+eventColumns+`, run, evidence FROM failed_runs JOIN events ON id = event
		WHERE service = ? AND at <= ? AND at > coalesce((SELECT at FROM events
			WHERE host = ? AND check_ = ? AND item = ? AND kind = 'state' AND state = 0 AND at < ? ORDER BY at DESC LIMIT 1), 0)
		ORDER BY id`, s.String(), nanos(until), s.Host, s.Check, s.Item, nanos(since))
	if err != nil {
		return nil, fmt.Errorf("read failed runs: %w", err)
	}
	defer rows.Close()
	var list []alerting.Event
	for rows.Next() {
		var run string
		failed := &alerting.FailedRun{}
		e, err := scanEvent(rows, &run, &failed.Evidence)
		if err != nil {
			return nil, fmt.Errorf("read failed runs: %w", err)
		}
		var d runData
		if err := json.Unmarshal([]byte(run), &d); err != nil {
			return nil, fmt.Errorf("read failed runs: %w", err)
		}
		failed.Took, failed.Phases = d.Took, d.Phases
		e.Failed = failed
		list = append(list, e)
	}
	return list, rows.Err()
}

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/pki"
	"monitord/internal/wire"
)

// pollLoop asks for the assignment, again and again; the server answers when it
// has another one, or with 204 after 55 s.
func (a *Agent) pollLoop(ctx context.Context, c *client) error {
	failures := 0
	for ctx.Err() == nil {
		err := a.pollOnce(ctx, c)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			failures = 0
			continue
		}
		if failures++; failures == 1 {
			a.log.Warn("cannot ask for the assignment; going on with the last one", logkeys.Err, err)
		}
		t := time.NewTimer(backoff(failures))
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

func (a *Agent) pollOnce(ctx context.Context, c *client) error {
	a.mu.Lock()
	have := a.assigned.Revision
	query := url.Values{"have": {have}}
	if a.deps.Actor != nil {
		query.Set(wire.JobsParam, strings.Join(a.jobs, ","))
	}
	a.mu.Unlock()
	ans, err := c.do(ctx, pollTimeout, http.MethodGet, wire.PollPath+"?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	switch ans.status {
	case http.StatusNoContent:
		return nil
	case http.StatusOK:
	default:
		return ans.problem()
	}
	var got wire.Assignment
	if err := json.Unmarshal(ans.body, &got); err != nil {
		return errors.Join(errors.New("assignment is not usable"), err)
	}
	fresh := a.takeJobs(got.Jobs)
	if got.Revision == have && have != "" {
		if fresh == 0 {
			return errors.New("server repeats the assignment that it was told we have")
		}
		return nil
	}
	return a.keepAssignment(got)
}

// keepAssignment puts an assignment in force and remembers it. Jobs are of the
// moment: they are not remembered here.
func (a *Agent) keepAssignment(got wire.Assignment) error {
	got.Jobs = nil
	body, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("keep assignment: %w", err)
	}
	if err := pki.WriteFile(filepath.Join(a.cfg.Dir, assignmentFile), body, 0o600); err != nil {
		a.log.Warn("cannot keep the assignment; after a restart the older one counts", logkeys.Err, err)
	}
	a.applyAssignment(got)
	a.log.Info("assignment taken", logkeys.Count, len(got.Checks))
	return nil
}

// takeJobs hands jobs on, each once, and counts the new ones.
func (a *Agent) takeJobs(jobs []wire.Job) (fresh int) {
	if a.deps.Actor == nil {
		return 0
	}
	now := time.Now()
	for _, j := range jobs[:min(len(jobs), wire.MaxJobs)] {
		a.mu.Lock()
		known := slices.Contains(a.jobs, j.ID)
		if !known {
			a.jobs = append(a.jobs[max(0, len(a.jobs)-wire.MaxJobs+1):], j.ID)
		}
		a.mu.Unlock()
		if !known {
			fresh++
			a.deps.Actor.Take(now, j)
		}
	}
	return fresh
}

// lastAssignment is what the server said last, before this start.
func (a *Agent) lastAssignment() wire.Assignment {
	b, err := os.ReadFile(filepath.Join(a.cfg.Dir, assignmentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return wire.Assignment{}
	}
	var got wire.Assignment
	if err == nil {
		err = json.Unmarshal(b, &got)
	}
	if err != nil {
		a.log.Warn("kept assignment is not usable; waiting for the server's", logkeys.Err, err)
		return wire.Assignment{}
	}
	return got
}

func (a *Agent) applyAssignment(got wire.Assignment) {
	a.mu.Lock()
	a.assigned = got
	a.mu.Unlock()
	interval := a.cfg.Interval
	if got.Interval > 0 {
		interval = min(maxInterval, max(minInterval, got.Interval))
	}
	a.interval.Store(int64(interval))
	if a.deps.Runner != nil {
		a.deps.Runner.Apply(a.id.host, got)
	}
	if a.deps.Watcher != nil {
		a.deps.Watcher.Apply(a.id.host, got)
	}
}

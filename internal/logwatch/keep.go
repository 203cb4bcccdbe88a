package logwatch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/collectors/logfile"
	"monitord/internal/logkeys"
)

// Names in Step.Kept.
const (
	raisedName     = "raised"
	quotaName      = "quotas"
	hitsName       = "hits"
	rulesPrefix    = "rules/" // and a host
	positionPrefix = "file/"  // and the number of a generation
)

const (
	// memoryEvery is how often the memory of a host's rules is kept when it is
	// larger than smallMemory; a smaller one is kept with every step that
	// changed it, so that nothing that was counted is lost.
	memoryEvery = 10 * time.Second
	smallMemory = 16 << 10
	// positionFor is how long a position stays here after it is in the file of
	// positions, which is synced twice a second.
	positionFor = time.Minute
	sweepEvery  = 10 * time.Second
	// retryAfter is when a Sink that failed is asked again.
	retryAfter = time.Second
	// lastWithin bounds the last step.
	lastWithin = 5 * time.Second
)

func rulesName(host string) string  { return rulesPrefix + host }
func positionName(id uint64) string { return fmt.Sprintf("%s%x", positionPrefix, id) }

// recallHosts takes over what rules had counted for hosts, this machine first.
func (w *Watch) recallHosts() {
	w.host(w.deps.Host())
	for name := range w.deps.Kept {
		if host, ok := strings.CutPrefix(name, rulesPrefix); ok && len(w.hosts) < maxHosts {
			w.host(host)
		}
	}
}

// recallRaised takes over what is raised. What cannot be understood is told and
// passed over.
func (w *Watch) recallRaised() {
	raw := w.deps.Kept[raisedName]
	if raw == "" {
		return
	}
	var list []raised
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		w.deps.Logger.Warn("problems that log rules raised are forgotten", logkeys.Err, err)
		return
	}
	for _, r := range list {
		w.raised[service{r.Host, r.Service}] = r
	}
}

// positions are those of files that were kept with their lines.
func (w *Watch) positions() []logfile.Position {
	var list []logfile.Position
	for name, value := range w.deps.Kept {
		if !strings.HasPrefix(name, positionPrefix) {
			continue
		}
		p, err := logfile.ParsePosition(value)
		if err != nil {
			w.deps.Logger.Warn("a position is passed over", logkeys.Err, err)
			continue
		}
		w.known[name] = w.deps.Now()
		list = append(list, p)
	}
	return list
}

// pending is a step on its way to the Sink.
type pending struct {
	Step
	serial uint64
}

// keep waits until the Sink has everything up to a step. While the Sink fails it
// is asked again. The error is that of ctx.
func (w *Watch) keep(ctx context.Context, serial uint64) error {
	select {
	case w.keeping <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.keeping }()
	for w.kept < serial {
		if w.stuck == nil {
			w.stuck = w.gather(false)
		}
		if err := w.commit(ctx, w.stuck.Step); err != nil {
			return err
		}
		w.kept, w.stuck = w.stuck.serial, nil
	}
	return nil
}

// commit gives a step to the Sink until it takes it.
func (w *Watch) commit(ctx context.Context, s Step) error {
	if w.keeper != nil && !w.closed {
		_ = w.keeper.Sync() // what it cannot keep is counted: Stats tells
	}
	if s.Empty() {
		return nil
	}
	for tries := 0; ; tries++ {
		err := w.deps.Sink.Commit(ctx, s)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tries == 0 {
			w.deps.Logger.Error("what lines of logs brought is not kept yet; reading waits", logkeys.Err, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}

// gather takes what waits, with the memory that belongs to it.
func (w *Watch) gather(all bool) *pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.deps.Now()
	for name, h := range w.hosts {
		w.noteMemory(name, h, now, all)
	}
	if w.changed {
		w.noteRaised()
	}
	if w.quotaChanged {
		w.noteJSON(quotaName, w.quotas)
		w.quotaChanged = false
	}
	if w.hitsChanged && (all || now.Sub(w.hitsKept) >= hitsEvery) {
		w.noteJSON(hitsName, w.hits)
		w.hitsChanged, w.hitsKept = false, now
	}
	w.forgetPositions(now)
	w.numbered++
	w.step.Number = w.numbered
	p := &pending{Step: w.step, serial: w.serial}
	w.step = Step{}
	return p
}

// forgetPositions takes out what the file of positions has by now.
func (w *Watch) forgetPositions(now time.Time) {
	if len(w.known) == 0 || now.Sub(w.swept) < sweepEvery {
		return
	}
	w.swept = now
	total, _ := w.follower.Stats(0)
	failing := total.SaveFailures != w.failed
	w.failed = total.SaveFailures
	for name, at := range w.known {
		switch {
		case failing:
			w.known[name] = now
		case now.Sub(at) > positionFor:
			delete(w.known, name)
			w.note(name, "")
		}
	}
}

// noteMemory notes what the rules of a host have counted, when they have.
func (w *Watch) noteMemory(name string, h *host, now time.Time, all bool) {
	changes := h.tracker.Changes()
	if changes == h.changes || !all && h.size > smallMemory && now.Sub(h.saved) < memoryEvery {
		return
	}
	raw, err := h.tracker.Snapshot()
	if err != nil {
		w.deps.Logger.Error("memory of log rules is not kept", logkeys.Host, name, logkeys.Err, err)
		return
	}
	h.changes, h.size, h.saved = changes, len(raw), now
	w.note(rulesName(name), string(raw))
}

func (w *Watch) noteRaised() {
	list := slices.SortedFunc(maps.Values(w.raised), func(a, b raised) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Service, b.Service))
	})
	w.noteJSON(raisedName, list)
	w.changed = false
}

func (w *Watch) noteJSON(name string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		w.deps.Logger.Error("what log rules remember is not kept", logkeys.Path, name, logkeys.Err, err)
		return
	}
	w.note(name, string(raw))
}

// last keeps what is left when everything else has ended.
func (w *Watch) last(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWithin)
	defer cancel()
	select {
	case w.keeping <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.keeping }()
	w.mu.Lock()
	w.countAll(w.deps.Now())
	w.measured(w.deps.Now())
	w.mu.Unlock()
	steps := []*pending{w.gather(true)}
	if w.stuck != nil {
		steps = []*pending{w.stuck, steps[0]}
	}
	for _, p := range steps {
		if p.Empty() {
			continue
		}
		if err := w.deps.Sink.Commit(ctx, p.Step); err != nil {
			return fmt.Errorf("what the last lines of logs brought: %w", err)
		}
	}
	return nil
}

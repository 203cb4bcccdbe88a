package logwatch

import (
	"context"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// begin makes what was kept work, and takes over problems that others know and
// our memory does not.
func (w *Watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recallHosts()
	if w.deps.Known == nil {
		return
	}
	for _, p := range w.deps.Known() {
		key := service{p.Host, p.Service}
		if _, known := w.raised[key]; !known && p.State != checks.OK {
			w.raised[key] = raised{Host: p.Host, Service: p.Service, Rule: p.Service, State: p.State, At: w.deps.Now()}
			w.changed = true
		}
	}
}

// tick ends what time ends, and tells what did not come.
func (w *Watch) tick(ctx context.Context) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-second.C:
			if err := w.keep(ctx, w.due(w.deps.Now())); err != nil && ctx.Err() == nil {
				w.deps.Logger.Error("services of logs were not judged", logkeys.Err, err)
			}
		}
	}
}

// due gathers what time brings.
func (w *Watch) due(now time.Time) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, h := range w.hosts {
		h.tracker.Tick(now, func(m *logs.Match) { w.found(name, m) })
	}
	for key, r := range w.raised {
		rule, known := w.rules.services[key.name]
		switch {
		case !known:
			w.end(key, text.M("logwatch.gone", text.Str("rule", r.Rule)), false)
		case rule.after > 0 && now.Sub(r.At) >= rule.after:
			w.end(key, text.M("logwatch.quiet", text.Str("rule", r.Rule), text.Dur("span", rule.after)), false)
		}
	}
	w.closeMinutes(now)
	w.countAll(now)
	w.counted(now)
	w.measured(now)
	if day := now.Local().YearDay(); day != w.seriesDay {
		w.seriesDay = day
		clear(w.series)
	}
	w.serial++
	return w.serial
}

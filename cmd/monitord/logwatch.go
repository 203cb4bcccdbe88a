package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/checks"
	"monitord/checks/logs"
	"monitord/collectors/logfile"
	"monitord/internal/atomicfile"
	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
	"monitord/internal/text"
)

// logCheck is the check whose items are the services of log rules.
const logCheck = "log"

const (
	// logTellEvery bounds how often a service that is raised already is told of
	// more lines: a burst costs one observation a second.
	logTellEvery = time.Second
	// maxLogSummary bounds the line in a sentence, in bytes.
	maxLogSummary = 300
)

// logWatchDeps is what a logWatch needs of the server.
type logWatchDeps struct {
	log     *slog.Logger
	dir     string
	rules   logs.Deps
	host    func() string
	observe func(context.Context, alerting.Observation) (alerting.Verdict, error)
	last    func(host, check string) map[string]checks.State // as the journal has them
}

// logWatch follows logs of this machine and turns what rules find into services.
type logWatch struct {
	deps     logWatchDeps
	follower *logfile.Follower // nil: nothing is followed

	mu       sync.Mutex
	ends     map[string]time.Duration // by service: what ends it without a line; 0: nothing
	tracker  *logs.Tracker
	matchers map[string]*logs.Matcher
	raised   map[string]raisedLog // by service
}

// raisedLog is a problem that a line raised.
type raisedLog struct {
	Rule  string        `json:"rule"`
	State checks.State  `json:"state"`
	At    time.Time     `json:"at"`              // of the last line
	After time.Duration `json:"after,omitempty"` // ends it without one; 0: only a line does
	told  time.Time
}

// logMemory is the file rules.json.
type logMemory struct {
	Raised map[string]raisedLog `json:"raised"`
	Rules  json.RawMessage      `json:"rules"`
}

// newLogWatch reads what was remembered; nothing runs yet.
func newLogWatch(c logsConfig, deps logWatchDeps) (*logWatch, error) {
	w := &logWatch{deps: deps, raised: map[string]raisedLog{}}
	if err := os.MkdirAll(deps.dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of logs: %w", err)
	}
	memory, err := w.remembered()
	if err != nil {
		return nil, err
	}
	if memory.Raised != nil {
		w.raised = memory.Raised
	}
	set, err := compileLogs(c)
	if err != nil {
		return nil, err
	}
	w.use(set, c, memory.Rules)
	if len(c.Follow.Files) == 0 {
		return w, nil
	}
	w.follower, err = logfile.New(c.Follow, logfile.Deps{Logger: deps.log, Now: time.Now, Sink: w.take, State: filepath.Join(deps.dir, "positions")})
	return w, err
}

func compileLogs(c logsConfig) (*logs.Set, error) {
	rules, err := c.Match.Compiled()
	if err != nil {
		return nil, err
	}
	return logs.Compile(rules, logs.Options{Clock: logs.ByArrival})
}

func (w *logWatch) file() string { return filepath.Join(w.deps.dir, "rules.json") }

// remembered reads the file of the last run. One that cannot be understood is
// told and passed over: rules count from the beginning then.
func (w *logWatch) remembered() (logMemory, error) {
	var m logMemory
	raw, err := os.ReadFile(w.file())
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("memory of log rules: %w", err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		w.deps.log.Warn("memory of log rules cannot be read; they count from the beginning", logkeys.Path, w.file(), logkeys.Err, err)
		return logMemory{}, nil
	}
	return m, nil
}

// use puts rules in force; those that are as before go on counting.
func (w *logWatch) use(set *logs.Set, c logsConfig, snapshot []byte) {
	w.tracker, w.matchers, w.ends = logs.NewTracker(set, w.deps.rules, time.Now()), map[string]*logs.Matcher{}, map[string]time.Duration{}
	for _, r := range c.Match.Rules {
		service := logServiceOf(r)
		w.ends[service] = max(w.ends[service], r.ClearAfter)
	}
	if len(snapshot) > 0 {
		if err := w.tracker.Restore(snapshot, time.Now()); err != nil {
			w.deps.log.Warn("log rules count from the beginning", logkeys.Err, err)
		}
	}
}

// adopt takes over problems that the journal knows and our memory does not: we
// were killed before it was saved.
func (w *logWatch) adopt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for service, state := range w.deps.last(w.deps.host(), logCheck) {
		if _, known := w.raised[service]; !known && state != checks.OK {
			w.raised[service] = raisedLog{Rule: service, State: state, At: time.Now(), After: w.ends[service]}
		}
	}
}

// apply takes the rules of another configuration.
func (w *logWatch) apply(set *logs.Set, c logsConfig) {
	w.mu.Lock()
	defer w.mu.Unlock()
	snapshot, err := w.tracker.Snapshot()
	if err != nil {
		w.deps.log.Warn("log rules count from the beginning", logkeys.Err, err)
	}
	w.use(set, c, snapshot)
}

// Run follows until ctx ends.
func (w *logWatch) Run(ctx context.Context) error {
	w.adopt()
	list := []rungroup.Runner{{Name: "time of log rules", Run: w.tick}}
	if w.follower != nil {
		list = append(list, rungroup.Runner{Name: "follow logs", Run: w.follower.Run})
	}
	err := rungroup.Run(ctx, list...)
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(err, w.save())
}

// take runs the rules on lines. They are acknowledged when the journal has what
// they raised.
func (w *logWatch) take(ctx context.Context, b logfile.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range b.Lines {
		l := &b.Lines[i]
		var err error
		w.matcher(l.Source).Line(ctx, logs.Line{Source: "file", File: l.Source, Text: []byte(l.Text), Cut: l.Cut, Received: l.At}, func(m *logs.Match) bool {
			err = errors.Join(err, w.found(ctx, m))
			return true
		})
		if err != nil {
			return err
		}
	}
	w.follower.Ack(b.Position)
	return nil
}

func (w *logWatch) matcher(path string) *logs.Matcher {
	m := w.matchers[path]
	if m == nil {
		if len(w.matchers) >= maxMatchers {
			clear(w.matchers)
		}
		m = logs.NewMatcher(w.tracker, logs.Line{Source: "file", File: path}, time.Now)
		w.matchers[path] = m
	}
	return m
}

// found raises or ends the service of a match.
func (w *logWatch) found(ctx context.Context, m *logs.Match) error {
	if m.Service == "" {
		return nil
	}
	m.Message = shortLine(m.Message)
	now := time.Now()
	was, up := w.raised[m.Service]
	if m.Kind == logs.KindClear || m.Kind == logs.KindArrived {
		if !up {
			return nil
		}
		return w.end(ctx, m.Service, m.Say())
	}
	r := raisedLog{Rule: m.Rule, State: m.State, At: now, After: m.ClearAfter, told: was.told}
	if up && was.State == m.State && was.Rule == m.Rule && now.Sub(was.told) < logTellEvery {
		w.raised[m.Service] = r
		return nil
	}
	if err := w.tell(ctx, m.Service, checks.Result{State: m.State, Summary: m.Say(), Evidence: logEvidence(m)}); err != nil {
		return err
	}
	r.told = now
	w.raised[m.Service] = r
	return nil
}

// end says that a service is well.
func (w *logWatch) end(ctx context.Context, service string, why text.Message) error {
	if err := w.tell(ctx, service, checks.Result{State: checks.OK, Summary: why}); err != nil {
		return err
	}
	delete(w.raised, service)
	return nil
}

func (w *logWatch) tell(ctx context.Context, service string, r checks.Result) error {
	r.Item = service
	v, err := w.deps.observe(ctx, alerting.Observation{Host: w.deps.host(), Check: logCheck, At: time.Now(), Builtin: true, Results: []checks.Result{r}})
	if err == nil && v.Unkept {
		return errUnkept
	}
	return err
}

// errUnkept keeps a line for later.
var errUnkept = errors.New("the journal does not take what a line raised; the line is read again")

// logEvidence is the line with what stood before it: its end, when it is long.
func logEvidence(m *logs.Match) []byte {
	all := strings.Join(append(slices.Clone(m.Context), string(m.Line.Text)), "\n")
	if over := len(all) - checks.EvidenceLimit; over > 0 {
		all = strings.ToValidUTF8(all[over:], "")
	}
	return []byte(all)
}

// shortLine is the beginning of a long line.
func shortLine(s string) string {
	if len(s) <= maxLogSummary {
		return s
	}
	end := maxLogSummary
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// tick ends what time ends, and tells what did not come.
func (w *logWatch) tick(ctx context.Context) error {
	second, save := time.NewTicker(time.Second), time.NewTicker(snapshotEvery)
	defer second.Stop()
	defer save.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case now := <-second.C:
			err = w.due(ctx, now)
		case <-save.C:
			w.mu.Lock()
			err = w.save()
			w.mu.Unlock()
		}
		if err != nil && ctx.Err() == nil {
			w.deps.log.Error("services of logs were not judged", logkeys.Err, err)
		}
	}
}

func (w *logWatch) due(ctx context.Context, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var faults []error
	w.tracker.Tick(now, func(m *logs.Match) { faults = append(faults, w.found(ctx, m)) })
	for service, r := range w.raised {
		if _, known := w.ends[service]; !known {
			faults = append(faults, w.end(ctx, service, text.M("server.logs.gone", text.Str("rule", r.Rule))))
		} else if r.After > 0 && now.Sub(r.At) >= r.After {
			faults = append(faults, w.end(ctx, service, text.M("server.logs.quiet", text.Str("rule", r.Rule), text.Dur("span", r.After))))
		}
	}
	return errors.Join(faults...)
}

func (w *logWatch) save() error {
	rules, err := w.tracker.Snapshot()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(logMemory{Raised: w.raised, Rules: rules})
	if err != nil {
		return fmt.Errorf("memory of log rules: %w", err)
	}
	return atomicfile.Write(w.file(), raw)
}

// openLogs makes what follows the logs of this machine.
func (s *server) openLogs(first *settings) error {
	var err error
	s.logs, err = newLogWatch(first.Logs, logWatchDeps{
		log: s.log, dir: filepath.Join(s.data, "logs"), host: s.ownHost, observe: s.engine.Observe, last: s.engine.LastStates,
		rules: logs.Deps{Query: s.query, StateOf: s.stateOf, Sentence: sentences()},
	})
	if err == nil && s.logs.follower != nil {
		s.registry.MustRegister(collected{s.logs.follower})
	}
	return err
}

// stateOf is the hard state of a service, for rules that ask for one.
func (s *server) stateOf(name string) (checks.State, bool) {
	id, err := checks.ParseService(name)
	if err != nil {
		return checks.Unknown, false
	}
	st, known := s.engine.Service(id)
	return st.HardState, known
}

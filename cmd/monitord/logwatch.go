package main

import (
	"context"
	"path/filepath"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/checks/logs"
	"monitord/internal/logwatch"
)

// logCheck is the check whose items are the services of log rules.
const logCheck = "log"

// logSink takes what lines of logs bring.
type logSink struct {
	observe func(context.Context, alerting.Observation) (alerting.Verdict, error)
	memory  *logwatch.Memory
}

// Commit tells the engine, and then remembers how far lines were read.
func (k *logSink) Commit(ctx context.Context, s logwatch.Step) error {
	for _, r := range s.Results {
		_, err := k.observe(ctx, alerting.Observation{Host: r.Host, Check: logCheck, At: r.At, Builtin: true, Results: []checks.Result{r.Result}})
		if err != nil {
			return err
		}
	}
	return k.memory.Put(s.Kept)
}

// openLogs makes what follows the logs of this machine.
func (s *server) openLogs(first *settings) error {
	dir := filepath.Join(s.data, "logs")
	memory, err := logwatch.OpenMemory(filepath.Join(s.data, "logs.json"))
	if err != nil {
		return err
	}
	rules, err := logwatch.Compile(first.Logs)
	if err != nil {
		return err
	}
	s.logs, err = logwatch.New(first.Logs, rules, logwatch.Deps{
		Logger: s.log, Now: time.Now, Dir: dir, Host: s.ownHost, Kept: memory.All(), Known: s.logProblems,
		Sink:  &logSink{observe: s.engine.Observe, memory: memory},
		Rules: logs.Deps{Query: s.query, StateOf: s.stateOf, Sentence: sentences()},
	})
	if err != nil {
		return err
	}
	if c := s.logs.Collector(); c != nil {
		s.registry.MustRegister(collected{c})
	}
	return nil
}

// logProblems are the services of logs that are raised, as the engine has them.
func (s *server) logProblems() []logwatch.Problem {
	var list []logwatch.Problem
	for item, state := range s.engine.LastStates(s.ownHost(), logCheck) {
		list = append(list, logwatch.Problem{Host: s.ownHost(), Service: item, State: state})
	}
	return list
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

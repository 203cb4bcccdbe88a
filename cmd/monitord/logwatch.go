package main

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
	"monitord/internal/logwatch"
)

// logsFolder is the folder of logs in the data directory.
const logsFolder = "logs"

// openLogs makes what follows the logs of this machine.
func (s *server) openLogs(ctx context.Context, first *settings) error {
	kept, err := s.journal.Kept(ctx, logOwner)
	if err != nil {
		return err
	}
	rules, err := logwatch.Compile(first.Logs.Config)
	if err != nil {
		return err
	}
	s.logs, err = logwatch.New(first.Logs.Config, rules, logwatch.Deps{
		Logger: s.log, Now: time.Now, Dir: filepath.Join(s.data, logsFolder), Host: s.ownHost, Kept: kept,
		Sink:  &logSink{observe: s.engine.ObserveAll, samples: s.samples.add, run: rand.Text()},
		Rules: logs.Deps{Query: s.query, StateOf: s.stateOf, Sentence: sentences()},
	})
	if err != nil {
		return err
	}
	s.registry.MustRegister(collected{s.logs.Collector()})
	return nil
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

package watched

import (
	"errors"

	"monitord/collectors/journald"
	"monitord/internal/hostlogs"
	"monitord/internal/logwatch"
	"monitord/internal/wire"
)

// open makes what follows a configuration. A machine without journald follows
// the rest.
func (w *Watcher) open(host string, c hostlogs.Config) (*logwatch.Watch, error) {
	own := logwatch.DefaultConfig()
	own.Follow, own.Match, own.Journald, own.Kernel = c.Follow, c.Match, c.Journald, c.Kernel
	rules, err := logwatch.Compile(own)
	if err != nil {
		return nil, err
	}
	deps := logwatch.Deps{
		Logger: w.deps.Logger, Now: w.deps.Now, Dir: w.deps.Dir, Host: func() string { return host }, Sink: w.sink, Kept: w.sink.kept(),
	}
	watch, err := logwatch.New(own, rules, deps)
	if errors.Is(err, journald.ErrAbsent) {
		w.refuse(wire.LogRefusedData{Paths: []string{wordJournald}, Detail: err.Error()})
		own.Journald.Enabled = false
		watch, err = logwatch.New(own, rules, deps)
	}
	return watch, err
}

package watched

import (
	"monitord/internal/hostlogs"
	"monitord/internal/logwatch"
	"monitord/internal/rungroup"
)

// open makes what follows a configuration. What runs beside the Watch is in the
// list.
func (w *Watcher) open(host string, c hostlogs.Config) (*logwatch.Watch, []rungroup.Runner, error) {
	own := logwatch.Config{Follow: c.Follow, Match: c.Match}
	rules, err := logwatch.Compile(own)
	if err != nil {
		return nil, nil, err
	}
	watch, err := logwatch.New(own, rules, logwatch.Deps{
		Logger: w.deps.Logger, Now: w.deps.Now, Dir: w.deps.Dir, Host: func() string { return host }, Sink: w.sink, Kept: w.sink.kept(),
	})
	return watch, nil, err
}

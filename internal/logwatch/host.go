package logwatch

import (
	"time"

	"monitord/checks/logs"
	"monitord/internal/logkeys"
)

const (
	// maxHosts bounds the hosts that rules count for.
	maxHosts = 4096
	// maxStreams bounds the streams of a host whose context is remembered.
	maxStreams = 4096
)

// host is what rules remember of one.
type host struct {
	tracker  *logs.Tracker
	matchers map[stream]*logs.Matcher
	text     []byte
	used     uint64 // the step in which it last had a line
	changes  int64  // of the tracker, when its memory was last kept
	size     int    // of that memory, in bytes
	saved    time.Time
	lines    int64   // that were counted
	counted  []tally // by rule
}

type stream struct{ source, file string }

// host finds or makes one. Beyond the bound the longest silent goes.
func (w *Watch) host(name string) *host {
	h := w.hosts[name]
	if h == nil {
		if len(w.hosts) >= maxHosts {
			w.forgetHost()
		}
		h = w.newHost(name, []byte(w.deps.Kept[rulesName(name)]))
		delete(w.deps.Kept, rulesName(name)) // it is ours now
		w.hosts[name] = h
	}
	h.used = w.serial
	return h
}

func (w *Watch) forgetHost() {
	own, oldest := w.deps.Host(), ""
	for name, h := range w.hosts {
		if name != own && (oldest == "" || h.used < w.hosts[oldest].used) {
			oldest = name
		}
	}
	w.count(w.hosts[oldest], w.deps.Now())
	delete(w.hosts, oldest)
	w.note(rulesName(oldest), "")
}

// newHost begins with what rules had counted. On other machines than this one a
// line is expected from when it first came: whether it ever does, nobody said.
func (w *Watch) newHost(name string, snapshot []byte) *host {
	deps, now := w.deps.Rules, w.deps.Now()
	deps.FromFirst = name != w.deps.Host()
	h := &host{tracker: logs.NewTracker(w.rules.set, deps, now), matchers: map[stream]*logs.Matcher{}}
	if len(snapshot) > 0 {
		if err := h.tracker.Restore(snapshot, now); err != nil {
			w.deps.Logger.Warn("log rules count from the beginning", logkeys.Host, name, logkeys.Err, err)
		}
	}
	return h
}

func (h *host) matcher(l *Line) *logs.Matcher {
	key := stream{l.Source, l.File}
	m := h.matchers[key]
	if m == nil {
		if len(h.matchers) >= maxStreams {
			clear(h.matchers)
		}
		m = logs.NewMatcher(h.tracker, logs.Line{Source: l.Source, File: l.File}, nil) // Line brings its time
		h.matchers[key] = m
	}
	return m
}

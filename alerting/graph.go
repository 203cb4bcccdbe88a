package alerting

import (
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// graph is what depends on what, of one inventory. Some checks have a place in it
// that the inventory does not name: Deps.Behind.
type graph struct {
	requires   map[checkKey][]inventory.Dependency
	dependents map[checkKey][]checkKey
}

func newGraph(inv *inventory.Inventory, behind []string) graph {
	g := graph{map[checkKey][]inventory.Dependency{}, map[checkKey][]checkKey{}}
	for h := range inv.Hosts {
		host := &inv.Hosts[h]
		for c := range host.Checks {
			check := &host.Checks[c]
			g.add(checkKey{check.Host, check.Name}, inv.Requires(check))
		}
		for _, name := range behind {
			key := checkKey{host.Name, name}
			if _, named := g.requires[key]; !named {
				g.add(key, inv.Sources(host))
			}
		}
	}
	return g
}

func (g graph) add(key checkKey, requires []inventory.Dependency) {
	g.requires[key] = requires
	for _, d := range requires {
		for _, of := range d.Of {
			up := checkKey{of.Host, of.Check}
			g.dependents[up] = append(g.dependents[up], key)
		}
	}
}

func keyOf(id checks.Service) checkKey { return checkKey{id.Host, id.Check} }

// standing is what is known of a check that others depend on.
type standing int

const (
	stands   standing = iota // well, by a result newer than the moment asked about
	unsure                   // no such result yet, or a problem that is not confirmed
	fallen                   // confirmed CRITICAL, or MISSED where that explains
	unlooked                 // like unsure, and a new result would help
)

// standing judges a check as something others depend on. CRITICAL breaks what
// depends on it. MISSED explains silence only: a bad result below something of
// which nothing is known is told, after a while.
func (e *Engine) standing(key checkKey, since time.Time, silent bool) standing {
	var newest time.Time
	soft := false
	for _, s := range e.byCheck[key] {
		if s.Service.HardState == checks.Critical || silent && s.Service.Marks.Has(MarkMissed) {
			return fallen
		}
		soft = soft || s.Service.State == checks.Critical
		// UNKNOWN is no knowledge.
		if s.Service.State != checks.Unknown && s.Service.LastCheck.After(newest) {
			newest = s.Service.LastCheck
		}
	}
	switch {
	case soft:
		return unsure
	case newest.After(since) || e.deps.CheckNow == nil:
		return stands
	}
	return unlooked
}

// verdict says whether a problem is a service's own.
type verdict struct {
	broken bool       // it is not: what it depends on is down
	open   bool       // nobody knows yet
	causes []checkKey // what is down
	ask    []checkKey // what is to be checked at once, so that somebody knows
	unsure []checkKey // what is waited for
}

// verdict looks at what a service depends on. since is when it failed; with
// late set the time of waiting is over, and what is not known counts as well.
func (e *Engine) verdict(s *entry, since time.Time, late bool) verdict {
	var v verdict
	key := keyOf(s.Service.Service)
	silent := s.Service.HardState == checks.OK && s.Service.Marks.Has(MarkMissed)
	for _, d := range e.graph.requires[key] {
		good, maybe := 0, 0
		var down, ask, wait []checkKey
		for _, of := range d.Of {
			up := checkKey{of.Host, of.Check}
			switch st := e.standing(up, since, silent); {
			case st == fallen:
				down = append(down, up)
			case st == stands || late:
				good++
			default:
				maybe++
				wait = append(wait, up)
				if st == unlooked {
					ask = append(ask, up)
				}
			}
		}
		switch {
		case good >= d.AtLeast:
		case good+maybe < d.AtLeast:
			v.broken = true
			v.causes = append(v.causes, down...)
		default:
			v.open = true
			v.ask, v.unsure = append(v.ask, ask...), append(v.unsure, wait...)
		}
	}
	return v
}

// patience is how long a page waits for what it depends on: as long as each
// takes to be checked and confirmed. A check that hangs cannot silence others
// for longer.
func (e *Engine) patience(keys []checkKey) time.Duration {
	var longest time.Duration
	for _, key := range keys {
		if c := e.checks[key]; c != nil {
			confirm := max(c.Judge.ConfirmAfter, time.Duration(c.MaxAttempts)*(c.RetryInterval+c.Timeout))
			longest = max(longest, c.Interval+c.Timeout+confirm)
		}
	}
	return longest
}

// behind counts the services that cannot be judged while a check is down.
func (e *Engine) behind(key checkKey) int {
	down := map[checkKey]bool{key: true}
	count := 0
	for queue := []checkKey{key}; len(queue) > 0; queue = queue[1:] {
		for _, child := range e.graph.dependents[queue[0]] {
			if down[child] || !slices.ContainsFunc(e.graph.requires[child], func(d inventory.Dependency) bool { return e.breaks(d, down) }) {
				continue
			}
			down[child] = true
			count += len(e.byCheck[child])
			queue = append(queue, child)
		}
	}
	return count
}

// CutOff reports whether something that a check depends on is down, so that a
// problem of it would be a symptom.
func (e *Engine) CutOff(host, check string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.graph.requires[checkKey{host, check}], func(d inventory.Dependency) bool { return e.breaks(d, nil) })
}

func (e *Engine) breaks(d inventory.Dependency, down map[checkKey]bool) bool {
	left := 0
	for _, of := range d.Of {
		up := checkKey{of.Host, of.Check}
		if !down[up] && e.standing(up, time.Time{}, false) != fallen {
			left++
		}
	}
	return left < d.AtLeast
}

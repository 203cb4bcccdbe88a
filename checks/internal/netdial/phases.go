package netdial

import (
	"slices"
	"sync"
	"time"

	"monitord/checks"
)

// Phases is the stopwatch of one run. Its methods may be called from several
// goroutines: net/http reports its phases from its own.
type Phases struct {
	mu      sync.Mutex
	done    []checks.Phase
	name    string // the phase that is running; empty when none is
	started time.Time
	sealed  bool
}

// Begin ends the running phase and starts another.
func (p *Phases) Begin(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sealed {
		return
	}
	p.end()
	p.name, p.started = name, time.Now()
}

// Advance begins a phase only while another is running: reports of several
// goroutines may come out of order.
func (p *Phases) Advance(from, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.sealed && p.name == from {
		p.end()
		p.name, p.started = to, time.Now()
	}
}

// End ends the running phase, if there is one.
func (p *Phases) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

func (p *Phases) end() {
	if p.name != "" {
		p.done = append(p.done, checks.Phase{Name: p.name, Took: time.Since(p.started)})
		p.name = ""
	}
}

// Seal ends the running phase and returns all of them; whatever a goroutine
// reports later is ignored.
func (p *Phases) Seal() []checks.Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	p.sealed = true
	return slices.Clone(p.done)
}

// Current is the name of the running phase, or of the last one.
func (p *Phases) Current() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name == "" && len(p.done) > 0 {
		return p.done[len(p.done)-1].Name
	}
	return p.name
}

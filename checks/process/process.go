package process

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "process", Summary: "process.type", Sample: sample, Local: true,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check counts processes. It is safe for concurrent runs.
type Check struct {
	cfg     Config
	cmdline *regexp.Regexp // nil when any will do
	root    string         // /proc
	self    int            // our own process, which is left out
}

// New builds the check; cfg is valid.
func New(cfg Config, _ checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, root: "/proc", self: os.Getpid()}
	if cfg.Cmdline != "" {
		var err error
		if c.cmdline, err = regexp.Compile(cfg.Cmdline); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// sum is what the processes that match have together.
type sum struct {
	count int
	bytes float64
	cpu   time.Duration // since each of them began
	used  float64       // processors in use over the window; 1 is one whole one
}

// ticks is USER_HZ: the unit of times in /proc, the same on every architecture
// that Go runs on.
const tick = time.Second / 100

// identity is a process, also after its pid was given to another.
type identity struct {
	pid     int
	started uint64
}

// Run counts once; with a window for processor time, twice.
func (c *Check) Run(ctx context.Context, _ checks.Target) ([]checks.Result, error) {
	uid, err := c.uid()
	if err != nil {
		return nil, err
	}
	s, before, err := c.count(ctx, uid)
	if err != nil {
		return nil, err
	}
	if c.cfg.CPUWindow > 0 {
		start := time.Now()
		timer := time.NewTimer(c.cfg.CPUWindow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("measure processor time for %s: %w", c.cfg.CPUWindow, ctx.Err())
		}
		_, after, err := c.count(ctx, uid)
		if err != nil {
			return nil, err
		}
		s.used = used(before, after).Seconds() / time.Since(start).Seconds()
	}
	return []checks.Result{c.judge(s)}, nil
}

// used is the processor time between two readings, of the processes that are in both.
func used(before, after map[identity]uint64) time.Duration {
	var ticks uint64
	for id, now := range after {
		if then, ok := before[id]; ok && now > then {
			ticks += now - then
		}
	}
	return time.Duration(ticks) * tick
}

// uid is the wanted owner; nil for any.
func (c *Check) uid() (*uint32, error) {
	if c.cfg.User == "" {
		return nil, nil
	}
	id := c.cfg.User
	if _, err := strconv.ParseUint(id, 10, 32); err != nil {
		u, err := user.Lookup(id)
		if err != nil {
			return nil, fmt.Errorf("owner of processes: %w", err)
		}
		id = u.Uid
	}
	n, err := strconv.ParseUint(id, 10, 32)
	uid := uint32(n)
	return &uid, err
}

func (c *Check) count(ctx context.Context, uid *uint32) (sum, map[identity]uint64, error) {
	var s sum
	t := &table{root: c.root}
	times := map[identity]uint64{}
	page := float64(os.Getpagesize())
	err := t.each(ctx, func(p proc) {
		if !c.matches(t, p, uid) {
			return
		}
		s.count++
		s.bytes += float64(p.pages) * page
		s.cpu += time.Duration(p.ticks) * tick
		if c.cfg.CPUWindow > 0 {
			times[identity{p.pid, p.started}] = p.ticks
		}
	})
	return s, times, err
}

// matches asks the cheap questions first.
func (c *Check) matches(t *table, p proc, uid *uint32) bool {
	if p.pid == c.self || c.cfg.States != "" && strings.IndexByte(c.cfg.States, p.state) < 0 {
		return false
	}
	if c.cfg.Name != "" && !c.named(t, p) {
		return false
	}
	if uid != nil {
		if owner, ok := t.owner(p.pid); !ok || owner != *uid {
			return false
		}
	}
	return c.cmdline == nil || c.cmdline.MatchString(t.cmdline(p.pid))
}

// maxComm is how much of a name the kernel keeps (TASK_COMM_LEN less its NUL).
const maxComm = 15

// named compares the kernel's name, and the program's own where that is cut.
func (c *Check) named(t *table, p proc) bool {
	if len(c.cfg.Name) <= maxComm {
		return p.comm == c.cfg.Name
	}
	if p.comm != c.cfg.Name[:maxComm] {
		return false
	}
	for word := range strings.SplitSeq(t.cmdline(p.pid), " ") {
		if filepath.Base(word) == c.cfg.Name { // also behind an interpreter
			return true
		}
	}
	return false
}

// what names the wanted processes for people.
func (c *Check) what() string {
	var parts []string
	for _, p := range []struct{ key, value string }{
		{"", c.cfg.Name}, {"cmdline ~ ", c.cfg.Cmdline}, {"user ", c.cfg.User}, {"state ", c.cfg.States},
	} {
		if p.value != "" {
			parts = append(parts, p.key+p.value)
		}
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ", ")
}

// finding is one judgement; the worst of them makes the result.
type finding struct {
	state   checks.State
	summary text.Message
}

func (c *Check) judge(s sum) checks.Result {
	what, count := text.Str("what", c.what()), text.Int("count", s.count)
	ok := text.M("process.ok", what, count, text.Bytes("memory", s.bytes))
	r := checks.Result{Summary: ok, Perf: c.perf(s)}
	for _, f := range []finding{
		{bounds(s.count < c.cfg.Minimum), text.M("process.few", what, count, text.Int("minimum", c.cfg.Minimum))},
		{bounds(c.cfg.Maximum > 0 && s.count > c.cfg.Maximum || c.cfg.Maximum < 0 && s.count > 0), text.M("process.many", what, count, text.Int("maximum", max(c.cfg.Maximum, 0)))},
		{checks.Judge(float64(s.count), c.cfg.Warning, c.cfg.Critical), text.M("process.count", what, count)},
		{checks.Judge(s.bytes, c.cfg.MemWarn, c.cfg.MemCrit), text.M("process.memory", what, count, text.Bytes("memory", s.bytes))},
		{checks.Judge(s.used, c.cfg.CPUWarn, c.cfg.CPUCrit), text.M("process.cpu", what, count, text.Ratio("cpu", s.used))},
	} {
		if f.state.Worse(r.State) {
			r.State, r.Reason, r.Summary = f.state, checks.ReasonThreshold, f.summary
		}
	}
	return r
}

func bounds(broken bool) checks.State {
	if broken {
		return checks.Critical
	}
	return checks.OK
}

func (c *Check) perf(s sum) []checks.Perf {
	perf := []checks.Perf{
		{Label: "processes", Value: float64(s.count), Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
		{Label: "memory", Value: s.bytes, Unit: checks.UnitBytes, Warn: c.cfg.MemWarn.AsRange(), Crit: c.cfg.MemCrit.AsRange()},
		{Label: "cpu_time", Value: s.cpu.Seconds(), Unit: checks.UnitSeconds},
	}
	if c.cfg.CPUWindow > 0 {
		perf = append(perf, checks.Perf{Label: "cpu", Value: s.used, Unit: checks.UnitRatio, Warn: c.cfg.CPUWarn.AsRange(), Crit: c.cfg.CPUCrit.AsRange()})
	}
	return perf
}

package logfile

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"monitord/collectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a Follower under test and what it has delivered.
type rig struct {
	t     *testing.T
	dir   string
	cfg   Config
	f     *Follower
	end   context.CancelFunc
	ended chan error

	mu    sync.Mutex
	lines []collectors.Line
	hold  chan struct{} // while not nil the sink waits for it
	fail  error
}

// newRig makes a Follower of patterns relative to its folder, for a test that
// runs beside others.
func newRig(t *testing.T, patterns ...string) *rig {
	t.Parallel()
	return newLoneRig(t, patterns...)
}

// newLoneRig is newRig for a test that looks at the whole process.
func newLoneRig(t *testing.T, patterns ...string) *rig {
	r := &rig{t: t, dir: t.TempDir(), cfg: DefaultConfig()}
	r.cfg.Linger = 200 * time.Millisecond
	for _, p := range patterns {
		src := DefaultSource(filepath.Join(r.dir, p))
		src.From = fromBeginning
		r.cfg.Files = append(r.cfg.Files, src)
	}
	t.Cleanup(r.stop)
	return r
}

func (r *rig) start() {
	r.t.Helper()
	f, err := New(r.cfg, Deps{
		Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)), Now: time.Now,
		State: filepath.Join(r.dir, ".state"), Sink: r.take,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.f, r.end, r.ended = f, cancel, make(chan error, 1)
	go func() { r.ended <- f.Run(ctx) }()
}

func (r *rig) stop() {
	if r.end == nil {
		return
	}
	r.end()
	if err := <-r.ended; err != nil {
		r.t.Errorf("Run: %v", err)
	}
	r.end = nil
}

func (r *rig) take(ctx context.Context, b Batch) error {
	r.mu.Lock()
	hold, fail := r.hold, r.fail
	r.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fail != nil {
		return fail
	}
	r.mu.Lock()
	r.lines = append(r.lines, b.Lines...)
	r.mu.Unlock()
	r.f.Ack(b.Position)
	return nil
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

// write appends text to a file.
func (r *rig) write(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) do(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, l := range r.lines {
		all = append(all, l.Text)
	}
	return all
}

// want waits until exactly these lines were delivered since the start of the rig,
// in this order.
func (r *rig) want(lines ...string) {
	r.t.Helper()
	r.until("lines", func() bool { return slices.Equal(r.texts(), lines) }, func() string { return cmp.Diff(lines, r.texts()) })
}

// wantSet is want for lines of several files.
func (r *rig) wantSet(lines ...string) {
	r.t.Helper()
	slices.Sort(lines)
	sorted := func() []string { return slices.Sorted(slices.Values(r.texts())) }
	r.until("lines", func() bool { return slices.Equal(sorted(), lines) }, func() string { return cmp.Diff(lines, sorted()) })
}

func (r *rig) until(what string, ok func() bool, have func() string) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			_, files := r.f.Stats(10)
			r.t.Fatalf("waited for %.3000s\nhave %.3000s\n%+v", what, have(), files)
		}
		select {
		case err := <-r.ended:
			r.t.Fatalf("Run ended: %v", err)
		case <-time.After(5 * time.Millisecond): // look again
		}
	}
}

// stat waits until the figures of a file are as wanted.
func (r *rig) stat(name, what string, ok func(FileStats) bool) {
	r.t.Helper()
	var last FileStats
	r.until(what, func() bool {
		_, files := r.f.Stats(1000)
		for _, s := range files {
			if s.Path == r.path(name) {
				last = s
				return ok(s)
			}
		}
		return false
	}, func() string { return fmt.Sprintf("%+v", last) })
}

// long is a text of n lines that no other has.
func long(name string, from, n int) (text string, lines []string) {
	for i := from; i < from+n; i++ {
		lines = append(lines, fmt.Sprintf("%s line %05d of a log that is longer than its fingerprint", name, i))
	}
	return strings.Join(lines, "\n") + "\n", lines
}

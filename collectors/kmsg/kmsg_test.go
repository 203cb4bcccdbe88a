package kmsg

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRecordsAreReadAsTheKernelWritesThem(t *testing.T) {
	for _, c := range []struct {
		in   string
		want record
	}{
		{"6,339,5140900,-;NET: Registered protocol family 10\n", record{0, 6, 339, 5140900 * time.Microsecond, "NET: Registered protocol family 10"}},
		{"30,340,5690716,-,caller=T1;udevd[80]: starting\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n", record{3, 6, 340, 5690716 * time.Microsecond, "udevd[80]: starting"}},
		{`4,1,0,c;a\x0ab \x5c \xe6\x97\xa5 \xzz \x` + "\n", record{0, 4, 1, 0, `a b \ 日 \xzz \x`}},
		{"4,1,0,c;a;b", record{0, 4, 1, 0, "a;b"}},
	} {
		got, err := parseRecord([]byte(c.in))
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
		} else if d := cmp.Diff(c.want, got, cmp.AllowUnexported(record{})); d != "" {
			t.Errorf("%q: %s", c.in, d)
		}
	}
	for _, in := range []string{"", "6,1;x", "6,1,2", "x,1,2,-;t", "6,-1,2,-;t", "6,1,9999999999999999999,-;t"} {
		if _, err := parseRecord([]byte(in)); err == nil {
			t.Errorf("%q is a record", in)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`4,1,0,c;a\x0ab` + "\n KEY=v\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err == nil && (strings.ContainsAny(r.text, "\x00\r\n") || r.severity > 7 || r.seq < 0) {
			t.Errorf("%q: %+v", b, r)
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("0123-45 17\n")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err != nil {
			return
		}
		if again, err := ParsePosition(p.String()); err != nil || again != p {
			t.Errorf("%q: %+v, then %+v, %v", s, p, again, err)
		}
	})
}

// ring is a kernel's log of a few records.
type ring struct {
	mu    sync.Mutex
	cond  *sync.Cond
	first int // number of the oldest
	texts []string
	at    int
	ended bool
}

func newRing(first int, texts ...string) *ring {
	r := &ring{first: first, texts: texts, at: first}
	r.cond = sync.NewCond(&r.mu)
	return r
}

func (r *ring) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ended && r.at >= r.first+len(r.texts) {
		r.cond.Wait()
	}
	if r.ended {
		return 0, os.ErrClosed
	}
	if r.at < r.first {
		r.at = r.first
		return 0, &os.PathError{Op: "read", Path: device, Err: unix.EPIPE}
	}
	n := copy(b, fmt.Sprintf("6,%d,1000,-;%s\n", r.at, r.texts[r.at-r.first]))
	r.at++
	return n, nil
}

func (r *ring) Seek(_ int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if whence == io.SeekEnd {
		r.at = r.first + len(r.texts)
	}
	return 0, nil
}

func (r *ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.cond.Broadcast()
	return nil
}

// add adds a record, and overwrites the oldest ones.
func (r *ring) add(text string, overwrite int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts[overwrite:], text)
	r.first += overwrite
	r.cond.Broadcast()
}

// session is a run of a Follower.
type session struct {
	t     *testing.T
	f     *Follower
	end   context.CancelFunc
	ended chan error
	mu    sync.Mutex
	texts []string
	fail  error
}

func follow(t *testing.T, cfg Config, deps Deps) *session {
	t.Helper()
	s := &session{t: t, ended: make(chan error, 1)}
	deps.Logger, deps.Now = slog.New(slog.NewTextHandler(t.Output(), nil)), time.Now
	deps.Sink = func(_ context.Context, b Batch) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fail != nil {
			return s.fail
		}
		for _, l := range b.Lines {
			s.texts = append(s.texts, l.Text)
		}
		s.f.Ack(b.Position)
		return nil
	}
	f, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.f, s.end = f, cancel
	go func() { s.ended <- f.Run(ctx) }()
	t.Cleanup(s.stop)
	return s
}

func (s *session) stop() {
	if s.end != nil {
		s.end()
		if err := <-s.ended; err != nil {
			s.t.Errorf("Run: %v", err)
		}
		s.end = nil
	}
}

func (s *session) until(what string, ok func(texts []string) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // look again
		s.mu.Lock()
		texts := slices.Clone(s.texts)
		s.mu.Unlock()
		if ok(texts) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited for %s; have %q, %+v", what, texts, s.f.Stats())
		}
	}
}

func (s *session) want(texts ...string) {
	s.t.Helper()
	s.until(fmt.Sprint(texts), func(got []string) bool { return slices.Equal(got, texts) })
}

func TestARestartGoesOnAndWhatWasOverwrittenIsCounted(t *testing.T) {
	state := filepath.Join(t.TempDir(), "kmsg")
	r := newRing(0, "one", "two")
	open := func() (io.ReadSeekCloser, error) { return r, nil }
	cfg := Config{From: "beginning"}
	s := follow(t, cfg, Deps{State: state, Open: open, Boot: "a"})
	s.want("one", "two")
	r.add("three", 0)
	s.want("one", "two", "three")
	s.stop()

	// In the same start of the machine: records 3 and 4 came and went.
	r = newRing(5, "five", "six")
	s = follow(t, cfg, Deps{State: state, Open: open, Boot: "a"})
	s.want("five", "six")
	if n := s.f.Stats().Overwritten; n != 2 {
		t.Errorf("%d overwritten, want 2", n)
	}
	s.stop()

	// After a new start of the machine everything is new, with whatever From.
	r = newRing(0, "boot")
	s = follow(t, DefaultConfig(), Deps{State: state, Open: open, Boot: "b"})
	s.want("boot")
}

func TestWhatIsOverwrittenWhileTheSinkWaitsIsCounted(t *testing.T) {
	r := newRing(0)
	s := follow(t, Config{From: "beginning"}, Deps{Open: func() (io.ReadSeekCloser, error) { return r, nil }, Boot: "a"})
	r.add("zero", 0)
	s.want("zero")
	r.mu.Lock() // the reader waits while the ring turns
	r.texts, r.first = []string{"nine"}, 9
	r.mu.Unlock()
	r.add("ten", 0)
	s.want("zero", "nine", "ten")
	if n := s.f.Stats().Overwritten; n != 8 {
		t.Errorf("%d overwritten, want 8", n)
	}
}

func TestWhatTheSinkRefusesComesAgain(t *testing.T) {
	r := newRing(0, "one")
	s := follow(t, DefaultConfig(), Deps{Open: func() (io.ReadSeekCloser, error) { return r, nil }, Boot: "a", Stored: Position{"z", 1}})
	s.mu.Lock()
	s.fail = errors.New("the spool is full")
	s.mu.Unlock()
	r.add("two", 0)
	s.mu.Lock()
	s.fail = nil
	s.mu.Unlock()
	s.want("one", "two")
}

func TestTheKernelOfThisMachineIsHeard(t *testing.T) {
	w, err := os.OpenFile(device, os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	defer w.Close()
	if probe, err := openDevice(); err != nil {
		t.Skipf("skipped: %v", err)
	} else {
		probe.Close()
	}
	s := follow(t, DefaultConfig(), Deps{})
	text := fmt.Sprintf("monitord test %d", time.Now().UnixNano())
	s.until("the line that we wrote", func(texts []string) bool {
		// From: end is where the log is when the follower has opened it.
		if _, err := fmt.Fprintf(w, "<5>%s\n", text); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the kernel bounds how fast one may write
		return slices.Contains(texts, text)
	})
}

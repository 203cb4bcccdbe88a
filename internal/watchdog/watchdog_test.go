package watchdog

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a device that keeps what is written to it.
type recorder struct {
	mu     sync.Mutex
	bytes  []byte
	closed bool
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, os.ErrClosed
	}
	r.bytes = append(r.bytes, b...)
	return len(b), nil
}

func (r *recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}

func (r *recorder) state() (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.bytes), r.closed
}

// prover is the program of the proof.
type prover struct {
	mu     sync.Mutex
	err    error
	code   int
	hang   chan struct{}
	starts int
}

func (p *prover) run(context.Context, runner.Command) (runner.Result, error) {
	p.mu.Lock()
	p.starts++
	err, code, hang := p.err, p.code, p.hang
	p.mu.Unlock()
	if hang != nil {
		<-hang // as a system call on a dead disk: no context ends it
	}
	return runner.Result{ExitCode: code}, err
}

func (p *prover) set(f func(*prover)) { p.mu.Lock(); defer p.mu.Unlock(); f(p) }

// dog is a watchdog in a bubble: interval 10 s, deadline 15 s.
func dog(t *testing.T, p *prover) (*recorder, func() error) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Device, cfg.File = "/dev/watchdog", filepath.Join(t.TempDir(), "deep", "proof")
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d, err := Open(cfg, Deps{
		Logger: slog.New(slog.DiscardHandler), Run: p.run,
		Open: func(_ string, timeout time.Duration) (Device, error) {
			if timeout != time.Minute {
				t.Errorf("opened with %s", timeout)
			}
			return r, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return r, func() error { cancel(); return <-ended }
}

func TestItIsPettedWhileTheMachineProvesAndStoppedWithTheMagicByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, stop := dog(t, &prover{})
		time.Sleep(35 * time.Second)
		synctest.Wait()
		if got, closed := r.state(); got != "\x00\x00\x00\x00" || closed {
			t.Errorf("after 35 s: %q, closed %v; want one at once and one each 10 s", got, closed)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got, closed := r.state(); got != "\x00\x00\x00\x00V" || !closed {
			t.Errorf("after the stop: %q, closed %v", got, closed)
		}
	})
}

func TestWithoutProofItIsNeitherPettedNorClosed(t *testing.T) {
	for name, fail := range map[string]func(*prover){
		"cannot be started": func(p *prover) { p.err = errors.New("fork: resource temporarily unavailable") },
		"ends with a fault": func(p *prover) { p.code = 1 },
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &prover{}
			r, stop := dog(t, p)
			synctest.Wait()
			p.set(fail)
			time.Sleep(2 * time.Minute)
			if got, _ := r.state(); got != "\x00" {
				t.Errorf("%s: %q; want nothing after the first", name, got)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if got, closed := r.state(); got != "\x00" || closed {
				t.Errorf("%s: after the stop %q, closed %v; want it armed", name, got, closed)
			}
		})
	}
}

func TestItIsPettedAgainWhenTheProofComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &prover{}
		r, stop := dog(t, p)
		synctest.Wait()
		p.set(func(p *prover) { p.code = 1 })
		time.Sleep(25 * time.Second)
		p.set(func(p *prover) { p.code = 0 })
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got, _ := r.state(); got != "\x00\x00" {
			t.Errorf("%q; want one more", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got, closed := r.state(); !strings.HasSuffix(got, "V") || !closed {
			t.Errorf("after the stop: %q, closed %v", got, closed)
		}
	})
}

// A proof that hangs is not begun a second time, and what comes too late proves
// nothing.
func TestAProofThatHangsIsNoProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		p := &prover{}
		r, stop := dog(t, p)
		synctest.Wait()
		p.set(func(p *prover) { p.hang, p.starts = hang, 0 })
		time.Sleep(2 * time.Minute)
		begun := 0
		p.set(func(p *prover) { begun = p.starts })
		if got, _ := r.state(); got != "\x00" || begun != 1 {
			t.Errorf("%q written, %d proofs begun; want nothing and one", got, begun)
		}
		p.set(func(p *prover) { p.hang = nil })
		close(hang)
		synctest.Wait()
		if got, _ := r.state(); got != "\x00" {
			t.Errorf("a late proof wrote %q", got)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got, _ := r.state(); got != "\x00\x00" {
			t.Errorf("%q; want it petted by the next proof", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestAStopDuringAProofWaitsForIt(t *testing.T) {
	for name, tt := range map[string]struct {
		release bool
		want    string
		closed  bool
	}{"it holds": {true, "\x00V", true}, "it hangs": {false, "\x00", false}} {
		synctest.Test(t, func(t *testing.T) {
			hang := make(chan struct{})
			p := &prover{}
			r, stop := dog(t, p)
			synctest.Wait()
			p.set(func(p *prover) { p.hang = hang })
			time.Sleep(11 * time.Second)
			if tt.release {
				time.AfterFunc(time.Second, func() { close(hang) })
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if got, closed := r.state(); got != tt.want || closed != tt.closed {
				t.Errorf("%s: %q, closed %v", name, got, closed)
			}
			if !tt.release {
				close(hang)
			}
			synctest.Wait()
		})
	}
}

func TestAMachineThatCannotProveIsNotArmed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Device, cfg.File = "/dev/watchdog", filepath.Join(t.TempDir(), "proof")
	_, err := Open(cfg, Deps{
		Logger: slog.New(slog.DiscardHandler), Run: (&prover{code: 3}).run,
		Open: func(string, time.Duration) (Device, error) { t.Error("it was opened"); return nil, nil },
	})
	if err == nil || !strings.Contains(err.Error(), "ended with 3") {
		t.Errorf("got %v", err)
	}
}

// The real proof: /bin/true and a file.
func TestTheProofIsRealWork(t *testing.T) {
	cfg := DefaultConfig()
	cfg.File = filepath.Join(t.TempDir(), "proof")
	d := &Dog{cfg: cfg, run: runner.Run}
	for range 2 {
		if err := d.prove(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(cfg.File); err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("got %q, %v", b, err)
	}
	if err := os.WriteFile(cfg.File, make([]byte, maxProof+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(cfg.File); err != nil || info.Size() > 100 {
		t.Errorf("the file grows: %v, %v", info.Size(), err)
	}
	d.cfg.File = filepath.Join(t.TempDir(), "none", "proof")
	if err := d.prove(t.Context()); err == nil {
		t.Error("a folder that is not there is proof")
	}
	d.cfg.Program = "/bin/false"
	if err := d.prove(t.Context()); err == nil || !strings.Contains(err.Error(), "/bin/false ended with 1") {
		t.Errorf("got %v", err)
	}
}

// A file that is no watchdog is not written to. A real one is in
// internal/e2e/softdog_test.go.
func TestWhatIsNoWatchdogIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if _, err := openDevice(path, time.Minute); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDevice(path, time.Minute); !errors.Is(err, errNoWatchdog) {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || len(b) != 0 {
		t.Errorf("it was written to: %q, %v", b, err)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Device: "watchdog", Program: "true", File: "x", Timeout: 1500 * time.Millisecond}).Validate()
	for _, want := range []string{"device: ", "program: ", "file: ", "timeout: got 1.5s; want whole", "interval: ", "deadline: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	cfg := DefaultConfig()
	cfg.Timeout = cfg.Interval + cfg.Deadline
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "more than interval + deadline (25s)") {
		t.Errorf("got %v", err)
	}
}

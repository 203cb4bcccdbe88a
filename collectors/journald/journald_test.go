package journald

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
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

// at is the time of the n-th test entry.
func at(n int) time.Time { return time.Date(2026, 1, 31, 12, 0, n, 0, time.UTC) }

// exported is one entry in the export format.
func exported(n int, message string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=web1\nPRIORITY=4\nSYSLOG_IDENTIFIER=app\n_PID=4711\n", at(n).UnixMicro(), n+1)
	if strings.ContainsFunc(message, func(r rune) bool { return r < ' ' }) {
		b.WriteString("MESSAGE\n")
		b.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(message))))
		b.WriteString(message + "\n")
	} else {
		b.WriteString("MESSAGE=" + message + "\n")
	}
	return b.String() + "\n"
}

func TestAnEntryBecomesALineOfItsMessageForEachOfItsLines(t *testing.T) {
	in := newExportReader(strings.NewReader("__CURSOR=c1\n"+exported(3, "one\ntwo \x00\xff")+"__CURSOR=c2\nPRIORITY=9\n_COMM=k\nMESSAGE=x\n\n"), 1000)
	e, err := in.next()
	if err != nil {
		t.Fatal(err)
	}
	l := collectors.Line{Source: "journald", Text: "one", At: at(9), Time: at(3), Host: "web1", Program: "app", PID: 4711, Severity: 4}
	second := l
	second.Text = "two ␀\ufffd"
	if d := cmp.Diff([]collectors.Line{l, second}, e.lines(1000, at(9))); d != "" {
		t.Error(d)
	}
	e, err = in.next()
	if err != nil {
		t.Fatal(err)
	}
	if got := e.lines(1000, at(9))[0]; got.Severity != -1 || got.Program != "k" || !got.Time.IsZero() {
		t.Errorf("line %+v", got)
	}
	if _, err := in.next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestALongMessageIsCut(t *testing.T) {
	for _, message := range []string{strings.Repeat("あ", 100_000), "\t" + strings.Repeat("あ", 100_000)} {
		in := newExportReader(strings.NewReader(exported(1, message)+exported(2, "next")), 301)
		e, err := in.next()
		if err != nil {
			t.Fatal(err)
		}
		if l := e.lines(300, at(0)); len(l) != 1 || !l[0].Cut || len(l[0].Text) > 300 || len(l[0].Text) < 297 {
			t.Errorf("lines %+v", l)
		}
		if e, err := in.next(); err != nil || string(e["MESSAGE"]) != "next" {
			t.Errorf("the entry behind it: %v, %v", e, err)
		}
	}
}

func FuzzExport(f *testing.F) {
	f.Add([]byte(exported(1, "one\ntwo")))
	f.Add([]byte("A\n\xff\xff\xff\xff\xff\xff\xff\xffx\n\n"))
	f.Add([]byte("=\n\nA=\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := newExportReader(bytes.NewReader(b), 64)
		for {
			e, err := in.next()
			if err != nil {
				return
			}
			if len(e) == 0 || len(e) > maxFields {
				t.Fatalf("an entry of %d fields", len(e))
			}
			for name, value := range e {
				if len(name) > maxName || len(value) > 64 {
					t.Fatalf("field %q of %d bytes", name, len(value))
				}
			}
			e.lines(32, at(0))
		}
	})
}

// journal is a journal on disk, written by systemd-journal-remote.
type journal struct {
	t   *testing.T
	dir string
	n   int
}

func newJournal(t *testing.T) *journal {
	t.Helper()
	if _, err := os.Stat("/lib/systemd/systemd-journal-remote"); err != nil {
		t.Skip("skipped: systemd-journal-remote is not installed")
	}
	return &journal{t: t, dir: t.TempDir()}
}

// write adds a file of entries to the journal.
func (j *journal) write(messages ...string) {
	j.t.Helper()
	var in strings.Builder
	for _, m := range messages {
		j.n++
		in.WriteString(exported(j.n, m))
	}
	cmd := exec.Command("/lib/systemd/systemd-journal-remote", "--output="+filepath.Join(j.dir, fmt.Sprintf("part%d.journal", j.n)), "-")
	cmd.Stdin = strings.NewReader(in.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Fatalf("systemd-journal-remote: %v\n%s", err, out)
	}
}

// follow runs a Follower until it has delivered count lines, and acknowledges
// all but the last forget of them. When all but the last are there, more is
// called.
func (j *journal) follow(state string, count, forget int, more func()) []string {
	j.t.Helper()
	cfg := DefaultConfig()
	cfg.Directory, cfg.From = j.dir, "beginning"
	var mu sync.Mutex
	var got []string
	var f *Follower
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	f, err := New(cfg, Deps{
		Logger: slog.New(slog.NewTextHandler(j.t.Output(), nil)), Now: time.Now, State: state,
		Sink: func(_ context.Context, b Batch) error {
			mu.Lock()
			defer mu.Unlock()
			for _, l := range b.Lines {
				got = append(got, l.Text)
			}
			if len(got) <= count-forget {
				f.Ack(b.Cursor)
			}
			if len(got) >= count {
				cancel()
			} else if more != nil {
				more()
				more = nil
			}
			return nil
		},
	})
	if err != nil {
		j.t.Fatal(err)
	}
	if err := f.Run(ctx); err != nil {
		j.t.Fatal(err)
	}
	return got
}

func TestTheJournalIsFollowedAndGoneOnWithAfterItsCursor(t *testing.T) {
	j := newJournal(t)
	state := filepath.Join(t.TempDir(), "cursor")
	j.write("one", "two\nlines", "日本語")
	want := []string{"one", "two", "lines", "日本語"}
	if got := j.follow(state, 4, 0, nil); !slices.Equal(got, want) {
		t.Fatalf("lines %q, want %q", got, want)
	}
	j.write("after a restart")
	live := func() { j.write("while it is followed") }
	if got := j.follow(state, 2, 2, live); !slices.Equal(got, []string{"after a restart", "while it is followed"}) {
		t.Fatalf("lines %q", got)
	}
	// They were not acknowledged.
	if got := j.follow(state, 2, 0, nil); !slices.Equal(got, []string{"after a restart", "while it is followed"}) {
		t.Fatalf("lines %q", got)
	}
}

func TestWithoutJournalctlTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := New(DefaultConfig(), Deps{}); !errors.Is(err, ErrAbsent) {
		t.Errorf("error %v", err)
	}
}

func TestAJournalctlThatFailsIsStartedAgain(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "journalctl"), []byte("#!/bin/sh\necho no rights >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	f, err := New(DefaultConfig(), Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	deadline := time.Now().Add(10 * time.Second)
	for f.Stats().Restarts == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond) // another process: there is nothing to wait on
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s := f.Stats(); !strings.Contains(s.Fault, "no rights") {
		t.Errorf("figures %+v", s)
	}
}

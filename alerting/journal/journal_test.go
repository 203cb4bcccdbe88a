package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/wire"
)

var base = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

const childDir = "MONITORD_TEST_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func options(dir string) Options {
	return Options{Dir: dir, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return base }}
}

// open runs a journal until stop is called.
func open(t *testing.T, dir string) (j *Journal, stop func()) {
	t.Helper()
	j, err := Open(options(dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, j.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return j, stop
}

// change is the n-th of a series: a service, an incident, a message, an event.
func change(n int) alerting.Change {
	id := checks.Service{Host: "web1", Check: "http"}
	inc := int64(n)
	return alerting.Change{
		Services:  []alerting.Record{{Revision: inc, Service: alerting.ServiceState{Service: id, Attempt: n, Since: base}}},
		Incidents: []alerting.IncidentRecord{{Revision: inc, Incident: alerting.Incident{ID: inc, Service: id, Opened: base}}},
		Messages:  []alerting.Message{{ID: fmt.Sprint("m", n), Incident: inc, State: alerting.MessagePending, Queued: base.Add(time.Duration(n))}},
		Events: []alerting.Event{
			{At: base, Kind: alerting.EventOpened, Host: "web1", Service: id, Incident: inc},
			{At: base, Kind: alerting.EventState, Host: "web1", Service: id, State: checks.Critical, Failed: &alerting.FailedRun{Evidence: fmt.Appendf(nil, "\x00\xff run %d", n)}},
		},
	}
}

// child writes changes for ever and says which are durable.
func child(dir string) {
	j, err := Open(options(dir))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() { _ = j.Run(context.Background()) }()
	for n := 1; ; n++ {
		if err := <-j.Submit(change(n)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		dir := fmt.Sprint(dir, "/", round)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
				t.Fatal(lines.Text())
			}
			if last == 20+round*7 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		j, stop := open(t, dir)
		m, err := j.Load(t.Context())
		if err != nil || len(m.Services) != 1 || m.Services[0].Service.Attempt < last || len(m.Incidents) < last || m.LastID < int64(last) {
			t.Errorf("after %d answers: %d incidents, services %+v, %v", last, len(m.Incidents), m.Services, err)
		}
		pending, err := j.Pending(t.Context())
		if err != nil || len(pending) != len(m.Incidents) || len(m.Messages) != len(m.Incidents) {
			t.Errorf("%d messages of %d incidents, %v", len(pending), len(m.Incidents), err)
		}
		runs, err := j.FailedRuns(t.Context(), checks.Service{Host: "web1", Check: "http"}, base, base)
		if err != nil || len(runs) != FailedRunsKept {
			t.Errorf("%d failed runs, %v", len(runs), err)
		} else if got, want := string(runs[FailedRunsKept-1].Failed.Evidence), fmt.Sprintf("\x00\xff run %d", len(m.Incidents)); got != want {
			t.Errorf("the last run left %q, want %q", got, want)
		}
		stop()
	}
}

func TestASecondServerIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	_, stop := open(t, dir)
	_, err := Open(options(dir))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another monitord (process %d)", os.Getpid())) {
		t.Errorf("got %v", err)
	}
	stop()
	_, stop = open(t, dir)
	stop()
}

func TestOlderCopiesNeverReplaceNewerOnes(t *testing.T) {
	j, _ := open(t, t.TempDir())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c := change(5)
	must(<-j.Submit(c))
	sent := c.Messages[0]
	sent.State = alerting.MessageSent
	must(j.Save(t.Context(), sent))
	c.Services[0].Revision, c.Services[0].Service.Attempt = 4, 1
	must(<-j.Submit(c))
	m, err := j.Load(t.Context())
	must(err)
	if m.Services[0].Service.Attempt != 5 || m.Services[0].Revision != 5 || m.Messages[0].State != alerting.MessageSent {
		t.Errorf("got %+v", m)
	}
	if pending, _ := j.Pending(t.Context()); len(pending) != 0 {
		t.Errorf("pending: %+v", pending)
	}
}

func TestProbeEventsAreTakenOnce(t *testing.T) {
	dir := t.TempDir()
	j, stop := open(t, dir)
	batch := func(seqs ...uint64) []wire.Event {
		var list []wire.Event
		for _, s := range seqs {
			list = append(list, wire.Event{Seq: s, At: base, Kind: wire.KindDrop, Host: "web1", Data: json.RawMessage(`{"reason":"full"}`)})
		}
		return list
	}
	for i, c := range []struct {
		boot  string
		seqs  []uint64
		ack   uint64
		fresh int
	}{
		{"a", []uint64{1, 2, 3}, 3, 3},
		{"a", []uint64{1, 2, 3}, 3, 0},
		{"a", []uint64{2, 3, 4}, 4, 1},
		{"a", []uint64{8, 9}, 9, 2}, // 5 to 7 are lost
		{"b", []uint64{1}, 1, 1},
		{"a", nil, 9, 0},
	} {
		ack, fresh, err := j.AcceptProbeEvents(t.Context(), "web1", c.boot, batch(c.seqs...))
		if err != nil || ack != c.ack || len(fresh) != c.fresh {
			t.Errorf("batch %d: ack %d, %d fresh, %v; want %d, %d", i, ack, len(fresh), err, c.ack, c.fresh)
		}
	}
	loss, err := j.Events(t.Context(), alerting.EventFilter{Kind: alerting.EventLoss})
	if err != nil || len(loss) != 1 || string(loss[0].Data) != `{"boot":"a","from":5,"to":7}` {
		t.Errorf("losses %+v, %v", loss, err)
	}
	if drops, _ := j.Events(t.Context(), alerting.EventFilter{Kind: wire.KindDrop, Host: "web1"}); len(drops) != 7 {
		t.Errorf("%d drop events, want 7", len(drops))
	}
	stop()
	j, _ = open(t, dir)
	unjudged, err := j.Unjudged(t.Context())
	if err != nil || len(unjudged) != 1 || unjudged[0].Seq != 1 {
		t.Errorf("unjudged %+v, %v", unjudged, err)
	}
	if ack, fresh, err := j.AcceptProbeEvents(t.Context(), "web1", "a", batch(9, 10)); err != nil || ack != 10 || len(fresh) != 1 {
		t.Errorf("after the restart: %d, %d fresh, %v", ack, len(fresh), err)
	}
}

func TestAFullDiskIsAnErrorUntilThereIsRoom(t *testing.T) {
	if testing.Short() {
		t.Skip("short, or not root: mounts a file system")
	}
	if os.Geteuid() != 0 {
		t.Fatal("a small tmpfs can only be mounted by root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	j, stop := open(t, dir)
	if err := <-j.Submit(change(1)); err != nil {
		t.Fatal(err)
	}
	fill(t, dir+"/ballast")
	answered := 1
	var full error
	for n := 2; n < 200 && full == nil; n++ {
		c := change(n)
		c.Services[0].Service.Evidence = make([]byte, 64<<10)
		if full = <-j.Submit(c); full == nil {
			answered = n
		}
	}
	if full == nil || !strings.Contains(full.Error(), "full") {
		t.Fatalf("the disk is full, and the journal says %v", full)
	}
	t.Logf("%d changes answered, then: %v", answered, full)
	stop()
	j, err := Open(options(dir))
	if err == nil {
		j.Close()
	} else {
		t.Logf("restart on the full disk: %v", err)
	}
	if err := os.Remove(dir + "/ballast"); err != nil {
		t.Fatal(err)
	}
	j, stop = open(t, dir)
	defer stop()
	if err := <-j.Submit(change(1000)); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	m, err := j.Load(t.Context())
	if err != nil || len(m.Incidents) < answered+1 || m.LastID != 1000 {
		t.Errorf("%d incidents, want at least %d; %v", len(m.Incidents), answered+1, err)
	}
}

func TestTheSameJournalGoesOnWhenThereIsRoom(t *testing.T) {
	if testing.Short() || os.Geteuid() != 0 {
		t.Skip("short, or not root: mounts a file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatalf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	j, stop := open(t, dir)
	defer stop()
	fill(t, dir+"/ballast")
	var full error
	n := 1
	for ; n < 200 && full == nil; n++ {
		c := change(n)
		c.Services[0].Service.Evidence = make([]byte, 64<<10)
		full = <-j.Submit(c)
	}
	if full == nil {
		t.Fatal("the disk never filled")
	}
	if err := os.Remove(dir + "/ballast"); err != nil {
		t.Fatal(err)
	}
	if err := <-j.Submit(change(n)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// fill takes all room that is left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(f, zeros{})
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestManyWritersShareTransactions(t *testing.T) {
	j, stop := open(t, t.TempDir())
	var wg sync.WaitGroup
	start := time.Now()
	const changes = 500
	for n := range changes {
		done := j.Submit(change(n + 1))
		wg.Go(func() {
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d changes durable after %s", changes, time.Since(start))
	m, err := j.Load(t.Context())
	if err != nil || m.LastID != changes {
		t.Errorf("last incident %d, %v", m.LastID, err)
	}
	stop()
	if err := <-j.Submit(change(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

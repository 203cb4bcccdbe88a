package spool

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SPOOL_TEST_DIR"); dir != "" {
		appendForEver(dir)
	}
	os.Exit(m.Run())
}

// appendForEver appends and says each number once it is kept; it acknowledges a
// part as it goes, so that files come and go.
func appendForEver(dir string) {
	s, err := Open(Options{Dir: dir, SegmentBytes: 2000})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		seq, err := s.Append(1, 1, func(seq uint64) ([]byte, error) { return payload(seq), nil })
		if err != nil {
			os.Exit(1)
		}
		fmt.Println("kept", seq)
		if seq%5 != 0 {
			continue
		}
		rs, err := s.Peek(3, 1<<20)
		if err != nil {
			os.Exit(1)
		}
		for _, r := range rs {
			fmt.Println("sent", r.Seq, bytes.Equal(r.Payload, payload(r.Seq)))
		}
		if s.Ack(rs[len(rs)-1].Seq) != nil {
			os.Exit(1)
		}
	}
}

// Killed -9 again and again: each number that was kept is sent by one of the
// processes or is there at the end, with the right content, and none is given twice.
func TestKillMinusNine(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills processes for a second")
	}
	dir := t.TempDir()
	kept, sent := map[uint64]bool{}, map[uint64]bool{}
	for round := range 10 {
		killedRun(t, dir, 20+7*round, kept, sent)
	}
	s := open(t, Options{Dir: dir, SegmentBytes: 2000})
	for _, seq := range drain(t, s) {
		sent[seq] = true
	}
	for seq := range kept {
		if !sent[seq] {
			t.Errorf("%d was kept and is lost", seq)
		}
	}
	if len(kept) < 100 {
		t.Errorf("only %d records: the test proves little", len(kept))
	}
}

// killedRun kills the process after some lines; what it said before it died counts.
func killedRun(t *testing.T, dir string, lines int, kept, sent map[uint64]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPOOL_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	for i := 0; sc.Scan(); i++ {
		if i == lines {
			_ = cmd.Process.Kill()
		}
		f := bytes.Fields(sc.Bytes())
		if len(f) < 2 {
			continue // cut by the kill
		}
		seq, err := strconv.ParseUint(string(f[1]), 10, 64)
		if err != nil {
			continue
		}
		switch string(f[0]) {
		case "kept":
			if kept[seq] {
				t.Errorf("number %d was given away twice", seq)
			}
			kept[seq] = true
		case "sent":
			if len(f) > 2 && string(f[2]) == "false" {
				t.Errorf("record %d has another's content", seq)
			}
			sent[seq] = true
		}
	}
	_ = cmd.Wait() // killed
}

// smallDisk mounts a tmpfs of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: mounts a tmpfs")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		if os.Getuid() != 0 {
			t.Skip("mounting a tmpfs needs root")
		}
		t.Fatalf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestAFullDiskCostsNothingUntilTheMemoryIsFull(t *testing.T) {
	disk := smallDisk(t, "256k")
	dir := filepath.Join(disk, "spool")
	s := open(t, Options{Dir: dir, SegmentBytes: 4000, MemoryBytes: 5000})
	appendN(t, s, 100)

	ballast := filepath.Join(disk, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	_ = f.Close()
	n := 100
	for st := s.Stats(); st.Memory < 20; st = s.Stats() { // the open block takes some more
		appendN(t, s, 1)
		if n++; n > 1000 {
			t.Fatal("the disk never became full")
		}
	}
	st := s.Stats()
	if st.DiskErrs == 0 || st.Records != n || len(st.Dropped) != 0 {
		t.Errorf("full disk, memory not: %+v", st)
	}
	// Sending goes on from a full disk.
	rs, err := s.Peek(10, 1<<20)
	if err != nil || len(rs) != 10 || rs[0].Seq != 1 {
		t.Fatalf("peek: %d records, %v", len(rs), err)
	}
	if err := s.Ack(10); err != nil {
		t.Errorf("acknowledge on a full disk: %v", err)
	}
	// Room again: everything goes to the disk, in order, and survives a restart.
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	appendN(t, s, 1)
	if st := s.Stats(); st.Memory != 0 || st.Records != n+1-10 {
		t.Errorf("room again: %+v", st)
	}
	_ = s.Close()
	s = open(t, Options{Dir: dir})
	wantRun(t, drain(t, s), 11, uint64(n+1))
}

func TestOnAFullDiskMemoryIsBoundedDropsCountedAndNumbersNotReused(t *testing.T) {
	disk := smallDisk(t, "128k")
	dir := filepath.Join(disk, "spool")
	s := open(t, Options{Dir: dir, MemoryBytes: 2000})
	f, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	_ = f.Close()
	appendN(t, s, 500)
	st := s.Stats()
	d := st.Dropped[DropFull]
	if d.Records == 0 || d.Samples != 2*d.Records || d.Records+st.Records != 500 || st.Memory > 200 {
		t.Errorf("%+v", st)
	}
	got := drain(t, s)
	if len(got) != st.Records || got[len(got)-1] != 500 {
		t.Errorf("%d of %d left: %v", len(got), st.Records, got)
	}
	// Killed now: what was sent from memory keeps its number.
	appendN(t, s, 5)
	for _, f := range []*os.File{s.stateFile, s.lock} {
		_ = f.Close()
	}
	s = open(t, Options{Dir: dir})
	seq, err := s.Append(1, 1, func(seq uint64) ([]byte, error) { return payload(seq), nil })
	if err != nil || seq != 506 {
		t.Errorf("next number is %d (%v), want 506", seq, err)
	}
}

func TestEventsWaitForNoSyncButDoNotLeaveUnsynced(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := open(t, Options{Dir: t.TempDir(), SyncEvery: time.Second, Now: func() time.Time { return now }})
	appendN(t, s, 1)
	appendN(t, s, 3)
	if !s.dirty {
		t.Error("each record was synced")
	}
	if _, err := s.Peek(1, 1); err != nil || s.dirty {
		t.Errorf("a record left before it was synced (%v)", err)
	}
	appendN(t, s, 1)
	now = now.Add(2 * time.Second)
	appendN(t, s, 1)
	if s.dirty {
		t.Error("not synced after SyncEvery")
	}
}

func BenchmarkAppendPeekAck(b *testing.B) {
	s, err := Open(Options{Dir: b.TempDir(), SyncEvery: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	body := make([]byte, 6000)
	b.ReportAllocs()
	for b.Loop() {
		seq, _ := s.Append(1, 300, func(uint64) ([]byte, error) { return body, nil })
		if _, err := s.Peek(10, 1<<20); err != nil {
			b.Fatal(err)
		}
		if err := s.Ack(seq); err != nil {
			b.Fatal(err)
		}
	}
}

package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T, o Options) *Spool {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func payload(seq uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "record %d ", seq), 1+int(seq%7))
}

func appendN(t *testing.T, s *Spool, n int) {
	t.Helper()
	for range n {
		seq, err := s.Append(1, 2, func(seq uint64) ([]byte, error) { return payload(seq), nil })
		if err != nil {
			t.Fatalf("append %d: %v", seq, err)
		}
	}
}

// drain takes everything, checks each payload and returns the numbers.
func drain(t *testing.T, s *Spool) (seqs []uint64) {
	t.Helper()
	for {
		rs, err := s.Peek(7, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(rs) == 0 {
			return seqs
		}
		for _, r := range rs {
			if !bytes.Equal(r.Payload, payload(r.Seq)) {
				t.Fatalf("record %d holds %q", r.Seq, r.Payload)
			}
			seqs = append(seqs, r.Seq)
		}
		if err := s.Ack(rs[len(rs)-1].Seq); err != nil {
			t.Fatal(err)
		}
	}
}

func wantRun(t *testing.T, got []uint64, from, to uint64) {
	t.Helper()
	if uint64(len(got)) != to-from+1 {
		t.Fatalf("%d records %v, want %d to %d", len(got), got, from, to)
	}
	for i, s := range got {
		if s != from+uint64(i) {
			t.Fatalf("records %v, want %d to %d", got, from, to)
		}
	}
}

func TestNumbersGoOnOverRestartsWithoutAHole(t *testing.T) {
	dir := t.TempDir()
	next := uint64(1)
	for round := range 6 {
		s := open(t, Options{Dir: dir, SegmentBytes: 300})
		appendN(t, s, 20)
		if round%2 == 0 { // every other round leaves its records for the next
			got := drain(t, s)
			wantRun(t, got, next, got[len(got)-1])
			next = got[len(got)-1] + 1
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Options{Dir: dir, SegmentBytes: 300})
	wantRun(t, drain(t, s), next, 120)
	if st := s.Stats(); st.Records != 0 || st.Bytes > 300 {
		t.Errorf("all acknowledged, yet %+v", st)
	}
}

func TestASecondOwnerIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("second open: %v", err)
	}
}

func TestOverMaxBytesTheOldestSegmentsAreDroppedAndCounted(t *testing.T) {
	s := open(t, Options{Dir: t.TempDir(), SegmentBytes: 500, MaxBytes: 2000})
	appendN(t, s, 200)
	st := s.Stats()
	got := drain(t, s)
	d := st.Dropped[DropFull]
	if st.Bytes > 2000+500 || d.Records == 0 || d.Samples != 2*d.Records || d.Records+len(got) != 200 {
		t.Errorf("%+v, %d left", st, len(got))
	}
	wantRun(t, got, uint64(d.Records)+1, 200)
}

func TestRecordsOlderThanMaxAgeAreDropped(t *testing.T) {
	now := time.Unix(1e9, 0)
	dir := t.TempDir()
	o := Options{Dir: dir, Now: func() time.Time { return now }}
	s := open(t, o)
	appendN(t, s, 10)
	_ = s.Close()
	now = now.Add(25 * time.Hour)
	s = open(t, o)
	appendN(t, s, 3)
	if d := s.Stats().Dropped[DropOld]; d != (Count{10, 20}) {
		t.Errorf("dropped %+v", d)
	}
	wantRun(t, drain(t, s), 11, 13)
}

func TestRefusedIsSetAsideBoundedAndTheRestGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, RefusedBytes: 100})
	appendN(t, s, 30)
	for range 20 {
		rs, err := s.Peek(1, 1)
		if err != nil || len(rs) != 1 {
			t.Fatal(rs, err)
		}
		if err := s.Refuse(rs, 400); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "refused", "*-400.bin"))
	if len(files) == 0 || len(files) > 12 || filepath.Base(files[len(files)-1]) != "00000000000000000020-400.bin" {
		t.Errorf("kept %v", files)
	}
	if d := s.Stats().Dropped[DropRefused]; d != (Count{20, 40}) {
		t.Errorf("counted %+v", d)
	}
	wantRun(t, drain(t, s), 21, 30)
}

// A file cut at any byte loses the record that was cut and nothing before it,
// and the numbers go on behind it.
func TestCutAtEveryByte(t *testing.T) {
	src := t.TempDir()
	s := open(t, Options{Dir: src})
	appendN(t, s, 8)
	_ = s.Close()
	whole, err := os.ReadFile(segmentPath(src, 1))
	if err != nil {
		t.Fatal(err)
	}
	ends := map[int]uint64{0: 0}
	scan(whole, func(r Record, _, end int) bool { ends[end] = r.Seq; return true })
	last := uint64(0)
	for cut := range len(whole) + 1 {
		if n, ok := ends[cut]; ok {
			last = n
		}
		dir := t.TempDir()
		if err := os.WriteFile(segmentPath(dir, 1), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{Dir: dir})
		appendN(t, s, 2)
		wantRun(t, drain(t, s), 1, last+2)
		_ = s.Close()
	}
}

// Any one byte spoilt in the middle costs its record, and is counted.
func TestDamageInTheMiddleIsSkippedAndCounted(t *testing.T) {
	src := t.TempDir()
	s := open(t, Options{Dir: src})
	appendN(t, s, 5)
	_ = s.Close()
	whole, err := os.ReadFile(segmentPath(src, 1))
	if err != nil {
		t.Fatal(err)
	}
	var from, to int
	scan(whole, func(r Record, start, end int) bool {
		if r.Seq == 3 {
			from, to = start, end
		}
		return true
	})
	for at := from; at < to; at++ {
		dir := t.TempDir()
		bad := bytes.Clone(whole)
		bad[at] ^= 0x41
		if err := os.WriteFile(segmentPath(dir, 1), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, Options{Dir: dir})
		if d := s.Stats().Dropped[DropDamaged]; d.Records != 1 {
			t.Fatalf("byte %d: counted %+v", at-from, d)
		}
		got := drain(t, s)
		if fmt.Sprint(got) != "[1 2 4 5]" {
			t.Fatalf("byte %d: left %v", at-from, got)
		}
		_ = s.Close()
	}
}

func TestDamageUnderARunningSpoolIsSkippedAndCounted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	appendN(t, s, 5)
	f, err := os.OpenFile(segmentPath(dir, 1), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("xx"), 40); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	wantRun(t, drain(t, s), 2, 5)
	if d := s.Stats().Dropped[DropDamaged]; d != (Count{1, 2}) {
		t.Errorf("counted %+v", d)
	}
}

func TestAnUnusableStateFileOnlyRepeats(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	appendN(t, s, 5)
	if err := s.Ack(3); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := os.WriteFile(filepath.Join(dir, "state"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Dir: dir})
	wantRun(t, drain(t, s), 1, 5)
}

func FuzzScan(f *testing.F) {
	b := appendRecord(nil, Record{Seq: 1, At: time.UnixMilli(5), Weight: 1, Type: 1, Payload: []byte("a")})
	b = appendRecord(b, Record{Seq: 2, At: time.UnixMilli(6), Payload: magic[:]})
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add(append([]byte("junk"), b...))
	f.Fuzz(func(t *testing.T, b []byte) {
		end := 0
		good, _ := scan(b, func(r Record, start, stop int) bool {
			if start < end || stop > len(b) || !bytes.Equal(appendRecord(nil, r), b[start:stop]) {
				t.Fatalf("record %d at %d..%d is not what was written", r.Seq, start, stop)
			}
			end = stop
			return true
		})
		if good != end {
			t.Fatalf("good %d, last record ends at %d", good, end)
		}
		whole := appendRecord(bytes.Clone(b[:good]), Record{Seq: 9, Payload: []byte("after")})
		seen := false
		scan(whole, func(r Record, _, stop int) bool { seen = stop == len(whole); return true })
		if !seen {
			t.Fatal("a record appended behind the good part is not found")
		}
	})
}

func TestABatchHasSuccessiveNumbersAndIsAnnounced(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, SegmentBytes: 60, SyncEvery: time.Hour})
	appendN(t, s, 3)
	build := func(_ int, seq uint64) ([]byte, error) { return payload(seq), nil }
	wrong := errors.New("no")
	if err := s.AppendAll(1, 2, func(uint64) error { return wrong }, build); !errors.Is(err, wrong) || s.Kept() != 3 {
		t.Fatalf("%v, kept %d", err, s.Kept())
	}
	first := uint64(0)
	if err := s.AppendAll(1, 4, func(n uint64) error { first = n; return nil }, build); err != nil || first != 4 || s.Kept() != 7 {
		t.Fatalf("%v, first %d, kept %d", err, first, s.Kept())
	}
	tooMuch := func(int, uint64) ([]byte, error) { return make([]byte, MaxRecord+1), nil }
	begun := false
	if err := s.AppendAll(1, 1, func(uint64) error { begun = true; return nil }, tooMuch); err == nil || begun {
		t.Errorf("%v, begun %v", err, begun)
	}
	wantRun(t, drain(t, s), 1, 7)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, Options{Dir: dir}); again.Kept() != 7 {
		t.Errorf("kept %d after everything was sent", again.Kept())
	}
}

package trendwatch

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

func TestADamagedFileCostsLearningAnewAndNothingElse(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := newLab(t, now, c)
	var times []time.Time
	var values []float64
	for i := range 4 * 288 {
		times, values = append(times, now.Add(time.Duration(i-4*288)*5*time.Minute)), append(values, float64(i%7))
	}
	l.store(gauge("a"), times, values)
	l.settle()
	want := l.snapshot(l.entry("a", "gauge"))
	l.w.saveAll()
	files, err := filepath.Glob(filepath.Join(l.dir, "*.snap"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	l.start(c)
	if got := l.snapshot(l.entry("a", "gauge")); got != want {
		t.Error("another state after a restart")
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	l.start(c)
	if len(l.w.book.names) != 0 {
		t.Error("a damaged file was taken")
	}
	l.settle()
	if got := l.snapshot(l.entry("a", "gauge")); got != want {
		t.Error("what was learned anew differs")
	}
	// Another expression sees something else: it learns anew, too.
	c.Rules[0].Expr = "g * 2"
	l.start(c)
	if len(l.w.book.names) != 0 {
		t.Error("what another expression has learned was taken")
	}
	// No series is left: the file goes.
	l.w.saveAll()
	if _, err := os.Stat(files[0]); !os.IsNotExist(err) {
		t.Errorf("the file of nothing is still there: %v", err)
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	l := newLab(t, time.Now(), DefaultConfig())
	l.w.files.dir = filepath.Join("/dev/null", "trend")
	if err := l.w.load(t.Context()); err == nil {
		t.Error("no error")
	}
}

// FuzzShard: whatever a file holds, it is taken whole or refused, and what is
// taken is written the same again.
func FuzzShard(f *testing.F) {
	good, err := encodeShard([]kept{{head: head{Rule: "r", Key: []byte("host\xffa\xfe"), Host: "a", Item: "x", Cursor: 7}, snapshot: []byte("abc")}, {head: head{Rule: "s"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("mtw\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeShard(b)
		if err != nil {
			return
		}
		again, err := encodeShard(list)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := decodeShard(again); err != nil || len(second) != len(list) {
			t.Fatalf("%d series written, %d read: %v", len(list), len(second), err)
		}
		third, err := encodeShard(list)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatal("two writings differ")
		}
	})
}

// The hour of the day is the one of the zone: a rhythm stays one over the night
// in which the clocks change.
func TestARhythmSurvivesTheNightInWhichTheClocksChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 4, 4, 0, 0, 0, 0, berlin) // summer time since 29 March
	l := newLab(t, end, DefaultConfig())
	rules, err := Compile(one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"}), berlin)
	if err != nil {
		t.Fatal(err)
	}
	l.w.rules = rules
	var times []time.Time
	var values []float64
	for at := end.AddDate(0, 0, -28); at.Before(end); at = at.Add(5 * time.Minute) {
		v := 10.0
		if h := at.In(berlin).Hour(); h >= 8 && h < 18 { // offices open at eight by the clock
			v = 100
		}
		times, values = append(times, at), append(values, v+float64(len(times)*7919%13)/4)
	}
	l.store(labels.FromStrings("__name__", "g", "host", "a"), times, values)
	l.settle()
	if len(l.told) != 0 {
		t.Errorf("told %s", says(l.told[0]))
	}
	for _, f := range l.entry("a", "gauge").detector.Findings() {
		if f.Found > time.Date(2026, 3, 28, 0, 0, 0, 0, berlin).Unix() {
			t.Errorf("found at the change of the clocks: %+v", f)
		}
	}
}

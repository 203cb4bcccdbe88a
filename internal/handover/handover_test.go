package handover

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func event(at time.Time, data string) Event {
	return Event{At: at.UTC(), Kind: "health", Data: json.RawMessage(`"` + data + `"`)}
}

func TestEventsComeBackInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	base := time.Unix(1_700_000_000, 0)
	for _, s := range []int{3, 1, 2} {
		if err := Put(dir, event(base.Add(time.Duration(s)*time.Second), strings.Repeat("x", s))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".half.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := List(dir)
	if err != nil || len(names) != 3 {
		t.Fatalf("got %v, %v", names, err)
	}
	for i, n := range names {
		e, err := Read(n)
		if err != nil || string(e.Data) != `"`+strings.Repeat("x", i+1)+`"` || !e.At.Equal(base.Add(time.Duration(i+1)*time.Second)) {
			t.Errorf("%d: got %+v, %v", i, e, err)
		}
	}
}

func TestWithoutAFolderNobodyTakesEvents(t *testing.T) {
	if err := Put(filepath.Join(t.TempDir(), "none"), event(time.Now(), "x")); !errors.Is(err, ErrNoFolder) {
		t.Errorf("got %v", err)
	}
}

func TestTheFolderAndAnEventAreBounded(t *testing.T) {
	dir := t.TempDir()
	if err := Put(dir, event(time.Now(), strings.Repeat("x", MaxBytes))); err == nil {
		t.Error("an event that is too large was kept")
	}
	for i := range MaxFiles {
		if err := os.WriteFile(filepath.Join(dir, strings.Repeat("a", 1+i%200)+string(rune('0'+i/200))+ext), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Put(dir, event(time.Now(), "x")); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoEventSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a"+ext)
	for _, content := range []string{"", "{", `{"kind":"health"}`, `{"at":"2026-01-01T00:00:00Z"}`, strings.Repeat(" ", MaxBytes+1)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); !errors.Is(err, ErrBad) {
			t.Errorf("%.20q: got %v", content, err)
		}
	}
	if _, err := Read(path + "x"); err == nil || errors.Is(err, ErrBad) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"at":"2026-01-01T00:00:00Z","kind":"health","data":{"phase":"started"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parse(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(e)
		if err != nil {
			return // a year that JSON cannot hold
		}
		if back, err := parse(again); err != nil || back.Kind != e.Kind || !back.At.Equal(e.At) {
			t.Errorf("%q: %+v, then %+v, %v", b, e, back, err)
		}
	})
}

package bookmark

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAPlaceOutlivesTheProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "place")
	open := func(stored, want string) *Bookmark {
		t.Helper()
		b, err := Open(file, stored)
		if err != nil || b.Place() != want {
			t.Fatalf("%q, %v; want %q", b.Place(), err, want)
		}
		return b
	}
	b := open("", "")
	if err := b.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("no place was written")
	}
	b.Ack("boot 7")
	if err := b.Save(); err != nil {
		t.Fatal(err)
	}
	open("", "boot 7")
	open("boot 9", "boot 9")
	if _, err := Open(t.TempDir(), ""); err == nil {
		t.Error("a folder was read as a place")
	}
}

func TestADiskThatIsFullIsToldOnceAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "later")
		b, err := Open(filepath.Join(dir, "place"), "")
		if err != nil {
			t.Fatal(err)
		}
		b.Ack("here")
		var said bytes.Buffer
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*saveEvery/2)
			b.Keep(ctx, slog.New(slog.NewTextHandler(&said, nil)))
			cancel()
			if n := strings.Count(said.String(), "level=WARN"); n != 1 {
				t.Fatalf("told %d times: %s", n, &said)
			}
			if err := os.MkdirAll(dir, 0o755); err != nil { // now there is room
				t.Fatal(err)
			}
		}
		if again, err := Open(b.file, ""); err != nil || again.Place() != "here" {
			t.Errorf("%q, %v", again.Place(), err)
		}
	})
}

package tsdb

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// copyTree copies a store as a power cut would leave it: no Close before.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, skipBallast{os.DirFS(from)}); err != nil {
		t.Fatal(err)
	}
}

// skipBallast hides the reserve: it makes a copy slow and says nothing.
type skipBallast struct{ fs.FS }

func (s skipBallast) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(s.FS, name)
	var out []fs.DirEntry
	for _, e := range list {
		if e.Name() != ballastName {
			out = append(out, e)
		}
	}
	return out, err
}

// logSize returns the newest segment of a log and its length.
func logSize(t *testing.T, dir string) (path string, size int64) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no segment in %s: %v", dir, err)
	}
	path = all[len(all)-1]
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, st.Size()
}

// A power cut can keep any prefix of what was written after the last sync. At
// whatever byte the log ends, everything that was acknowledged when the log had
// that length is found, and the store takes new samples.
func TestALogCutAtAnyByteKeepsWhatWasAcknowledged(t *testing.T) {
	for log, late := range map[string]bool{"wal": false, "wbl": true} {
		t.Run(log, func(t *testing.T) {
			dir, at := t.TempDir(), now()
			db := openTest(t, testOptions(dir))
			m := metric("__name__", "m")
			// The first is in the WAL of both cases; late ones go to the WBL.
			if err := db.Append(context.Background(), []Sample{{m, at.UnixMilli(), -1}}); err != nil {
				t.Fatal(err)
			}
			sizes := []int64{} // length of the log when sample i was acknowledged
			for i := range 12 {
				s := Sample{metric("__name__", "m", "i", fmt.Sprint(i)), at.UnixMilli(), float64(i)}
				if late {
					s = Sample{m, at.Add(time.Duration(i-20) * time.Second).UnixMilli(), float64(i)}
				}
				if err := db.Append(context.Background(), []Sample{s}); err != nil {
					t.Fatal(err)
				}
				_, size := logSize(t, filepath.Join(dir, log))
				sizes = append(sizes, size)
			}
			step := int64(cutStep)
			if testing.Short() {
				step = 37
			}
			for cut := sizes[0]; cut <= sizes[len(sizes)-1]; cut += step {
				acked := 0
				for acked < len(sizes) && sizes[acked] <= cut {
					acked++
				}
				checkCut(t, dir, log, cut, acked, late)
			}
		})
	}
}

func checkCut(t *testing.T, dir, log string, cut int64, acked int, late bool) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	copyTree(t, dir, to)
	path, _ := logSize(t, filepath.Join(to, log))
	if err := os.Truncate(path, cut); err != nil {
		t.Fatal(err)
	}
	opts := testOptions(to)
	opts.BallastBytes = 1 << 20
	db, err := Open(opts)
	if err != nil {
		t.Fatalf("cut at %d: %v", cut, err)
	}
	defer os.RemoveAll(to)
	defer db.Close()
	at := now()
	expr, want := `count({__name__="m",i!=""})`, float64(acked)
	if late {
		expr, want = "count_over_time(m[1h])", float64(acked+1)
	}
	if v, _ := value(t, db, expr, at.Add(time.Second)); v < want {
		t.Fatalf("cut at %d: %v samples, %v were acknowledged", cut, v, want)
	}
	if err := db.Append(context.Background(), []Sample{{metric("__name__", "after"), at.UnixMilli(), 1}}); err != nil {
		t.Fatalf("cut at %d: append: %v", cut, err)
	}
}

func TestARepairThatDidNotEndIsPutBack(t *testing.T) {
	dir, at := t.TempDir(), now()
	db := openTest(t, testOptions(dir))
	if err := db.Append(context.Background(), []Sample{{metric("__name__", "m"), at.UnixMilli(), 1}}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	copyTree(t, dir, to)
	// As the library leaves it when it dies: the whole segment aside, and the new
	// one still empty.
	path, _ := logSize(t, filepath.Join(to, "wal"))
	if err := os.Rename(path, path+".repair"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, testOptions(to))
	if v, ok := value(t, again, "m", at); !ok || v != 1 {
		t.Fatalf("got %v %v", v, ok)
	}
}

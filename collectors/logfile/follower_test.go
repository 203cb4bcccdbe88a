package logfile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLinesAreFollowedAndAHalfLineWaitsForItsEnd(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	r.write("a.log", "one\ntwo\nthr")
	r.want("one", "two")
	r.write("a.log", "ee\r\n\n")
	r.want("one", "two", "three", "")
	l := r.lines[2]
	if l.Offset != 8 || l.Next != 15 || l.Source != r.path("a.log") || l.Cut || l.Severity != -1 {
		t.Errorf("line %+v", l)
	}
}

func TestAFileThatIsThereIsFollowedFromItsEndAndALaterOneFromItsBeginning(t *testing.T) {
	r := newRig(t, "*.log")
	r.cfg.Files[0].From = fromEnd
	r.write("old.log", "old\nin progr")
	r.start()
	r.stat("old.log", "found", func(s FileStats) bool { return s.Lag > 0 })
	r.write("old.log", "ess\n")
	r.want("in progress")
	r.write("new.log", "first\n")
	r.want("in progress", "first")
	// Appeared while nobody followed.
	r.stop()
	r.write("later.log", "later\n")
	r.write("old.log", "more\n")
	r.start()
	r.wantSet("in progress", "first", "later", "more")
}

func TestAnOrderlyRestartNeitherLosesNorDoubles(t *testing.T) {
	r := newRig(t, "a.log")
	text, lines := long("a", 0, 3000)
	r.start()
	r.write("a.log", text)
	r.want(lines...)
	r.stop()
	more, moreLines := long("b", 0, 10)
	r.write("a.log", more)
	r.start()
	r.want(append(lines, moreLines...)...)
}

func TestRotationsWhileNobodyFollowedAreCaughtUp(t *testing.T) {
	for _, packer := range []string{"", "gzip", "bzip2", "zstd"} {
		t.Run("packed by "+packer, func(t *testing.T) {
			if packer != "" {
				if _, err := exec.LookPath(packer); err != nil {
					t.Skipf("skipped: %s is not installed", packer)
				}
			}
			r := newRig(t, "a.log")
			a, want := long("a", 0, 40)
			r.start()
			r.write("a.log", a)
			r.want(want...)
			r.stop()
			rest, restLines := long("rest of a", 0, 40)
			b, bLines := long("b", 0, 40)
			c, cLines := long("c", 0, 40)
			r.write("a.log", rest)
			r.do(os.Rename(r.path("a.log"), r.path("a.log.2")))
			r.write("a.log", b)
			r.do(os.Rename(r.path("a.log"), r.path("a.log.1")))
			if packer != "" {
				for _, n := range []string{"a.log.2", "a.log.1"} {
					cmd := exec.Command(packer, r.path(n))
					if packer == "zstd" {
						cmd = exec.Command(packer, "-q", "--rm", r.path(n))
					}
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%s: %v\n%s", packer, err, out)
					}
				}
			}
			r.write("a.log", c)
			want = slices.Concat(want, restLines, bLines, cLines)
			r.start()
			r.want(want...)
			r.stop()
			r.start() // knows all of them
			r.write("a.log", "end\n")
			r.want(append(want, "end")...)
		})
	}
}

func TestAFileEmptiedAndFilledToTheSameSizeIsReadAgain(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	r.write("a.log", "old 1\nold 2\n")
	r.want("old 1", "old 2")
	r.do(os.WriteFile(r.path("a.log"), []byte("new 1\nnew 2\n"), 0o600))
	r.want("old 1", "old 2", "new 1", "new 2")
	r.stat("a.log", "one truncation and no loss", func(s FileStats) bool { return s.Truncations == 1 && s.LostBytes == 0 })
}

func TestARefillThatBeginsAsTheOldTextDidIsKnownByItsEnd(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	head, want := long("the same", 0, 100) // longer than any fingerprint
	r.write("a.log", head+"old end\n")
	want = append(want, "old end")
	r.want(want...)
	r.do(os.WriteFile(r.path("a.log"), []byte(head+"new end\n"), 0o600))
	r.want(slices.Concat(want, want[:100], []string{"new end"})...)
}

func TestTheRestOfATruncatedFileIsReadFromItsCopy(t *testing.T) {
	for _, packed := range []bool{false, true} {
		t.Run(fmt.Sprint("packed ", packed), func(t *testing.T) { restFromCopy(t, packed) })
	}
}

func restFromCopy(t *testing.T, packed bool) {
	r := newRig(t, "a.log")
	head, want := long("a", 0, 100)
	r.start()
	r.write("a.log", head)
	r.want(want...)
	// The sink waits, so that the rest is not read before it is gone.
	hold := make(chan struct{})
	r.mu.Lock()
	r.hold = hold
	r.mu.Unlock()
	r.write("a.log", "the batch that waits\n")
	r.stat("a.log", "the sink waits", func(s FileStats) bool { return s.Lag > 0 })
	rest, restLines := long("rest", 0, 50)
	r.write("a.log", rest)
	text, err := os.ReadFile(r.path("a.log"))
	r.do(err)
	r.do(os.WriteFile(r.path("a.log.1"), text, 0o600))
	if packed {
		if out, err := exec.Command("gzip", r.path("a.log.1")).CombinedOutput(); err != nil {
			t.Fatalf("gzip: %v\n%s", err, out)
		}
	}
	r.do(os.Truncate(r.path("a.log"), 0))
	r.write("a.log", "new\n")
	r.mu.Lock()
	r.hold = nil
	r.mu.Unlock()
	close(hold)
	want = slices.Concat(want, []string{"the batch that waits"}, restLines, []string{"new"})
	r.want(want...)
	r.stat("a.log", "no loss", func(s FileStats) bool { return s.LostBytes == 0 && s.Truncations == 1 })
}

func TestWhatWasTruncatedWithoutACopyIsCounted(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	r.write("a.log", "read\n")
	r.want("read")
	hold := make(chan struct{})
	r.mu.Lock()
	r.hold = hold
	r.mu.Unlock()
	r.write("a.log", "waits\n")
	r.stat("a.log", "the sink waits", func(s FileStats) bool { return s.Lag == 6 })
	r.write("a.log", "is lost\n")
	r.stat("a.log", "it is seen", func(s FileStats) bool { return s.Lag == 14 })
	r.do(os.Truncate(r.path("a.log"), 0))
	r.write("a.log", "a\n")
	r.mu.Lock()
	r.hold = nil
	r.mu.Unlock()
	close(hold)
	r.want("read", "waits", "a")
	r.stat("a.log", "8 bytes lost", func(s FileStats) bool { return s.LostBytes == 8 })
}

func TestACopyThatAPatternNamesIsNotReadTwice(t *testing.T) {
	r := newRig(t, "a.log*")
	text, want := long("a", 0, 100)
	r.start()
	r.write("a.log", text)
	r.want(want...)
	r.do(os.WriteFile(r.path("a.log.1"), []byte(text+"rest\n"), 0o600))
	r.do(os.Truncate(r.path("a.log"), 0))
	r.write("a.log", "new\n")
	r.wantSet(append(want, "rest", "new")...)
	r.do(os.Rename(r.path("a.log.1"), r.path("a.log.2")))
	r.write("a.log", "end\n")
	r.wantSet(append(want, "rest", "new", "end")...)
}

func TestDateNamedFilesLinksAndFoldersThatComeAgain(t *testing.T) {
	r := newRig(t, "app-*.log", "current", "sub/*.log")
	r.start()
	r.write("app-20260101.log", "jan 1\n")
	r.do(os.Symlink("app-20260101.log", r.path("current"))) // the same file: once
	r.want("jan 1")
	r.write("app-20260102.log", "jan 2\n")
	r.want("jan 1", "jan 2")
	r.do(os.MkdirAll(r.path("sub"), 0o700))
	r.write("sub/x.log", "x\n")
	r.want("jan 1", "jan 2", "x")
	r.do(os.RemoveAll(r.path("sub")))
	r.do(os.MkdirAll(r.path("sub"), 0o700))
	r.write("sub/x.log", "again\n")
	r.want("jan 1", "jan 2", "x", "again")
}

func TestALinkThatLeadsElsewhereIsARotation(t *testing.T) {
	r := newRig(t, "current")
	r.do(os.Mkdir(r.path("data"), 0o700))
	r.write("data/1", "one\n")
	r.do(os.Symlink("data/1", r.path("current")))
	r.start()
	r.want("one")
	r.write("data/2", "two\n")
	r.do(os.Symlink("data/2", r.path("current.new")))
	r.write("data/1", "late\n")
	r.do(os.Rename(r.path("current.new"), r.path("current")))
	r.want("one", "late", "two")
	// Truncated behind its link, without a copy: it is no copy of itself.
	r.do(os.WriteFile(r.path("data/2"), []byte("2b\n"), 0o600))
	r.want("one", "late", "two", "2b")
}

func TestALateWriterIsHeardAndALastLineWithoutEndComes(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	f, err := os.Create(r.path("a.log"))
	r.do(err)
	defer f.Close()
	f.WriteString("one\n")
	r.want("one")
	r.do(os.Rename(r.path("a.log"), r.path("a.log.1")))
	r.write("a.log", "new\n")
	r.want("one", "new")
	f.WriteString("late\nno end")
	r.want("one", "new", "late", "no end")
}

func TestALineBeyondTheLimitIsCutAndMarked(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.MaxLine = 1000
	r.start()
	r.write("a.log", "short\n"+strings.Repeat("x", 998)+"ね"+strings.Repeat("y", 100_000))
	r.want("short", strings.Repeat("x", 998)) // the character that does not fit is not torn
	r.write("a.log", strings.Repeat("z", 100)+"\nafter\n"+strings.Repeat("k", 1000)+"\n")
	r.want("short", strings.Repeat("x", 998), "after", strings.Repeat("k", 1000))
	for i, want := range []bool{false, true, false, false} {
		if r.lines[i].Cut != want {
			t.Errorf("line %d: cut is %v", i, r.lines[i].Cut)
		}
	}
	r.stat("a.log", "one cut line", func(s FileStats) bool { return s.CutLines == 1 && s.CutBytes == 998+3+100_000+101-1000 })
}

func TestAWriterThatDoesNotAppendLeavesAHoleThatIsPassedOver(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	f, err := os.Create(r.path("a.log"))
	r.do(err)
	defer f.Close()
	text, want := long("a", 0, 3000)
	f.WriteString(text)
	r.want(want...)
	r.do(os.Truncate(r.path("a.log"), 0))
	f.WriteString("behind the hole\nand more\n")
	r.want(append(want, "behind the hole", "and more")...)
}

func TestWhatTheSinkRefusesComesAgain(t *testing.T) {
	r := newRig(t, "a.log")
	r.mu.Lock()
	r.fail = errors.New("the spool is full")
	r.mu.Unlock()
	r.start()
	r.write("a.log", "one\n")
	r.stat("a.log", "it waits", func(s FileStats) bool { return s.Behind > 100*time.Millisecond })
	r.mu.Lock()
	r.fail = nil
	r.mu.Unlock()
	r.want("one")
}

func TestAFolderSocketOrFifoIsNotWaitedFor(t *testing.T) {
	r := newRig(t, "*")
	r.do(os.Mkdir(r.path("folder"), 0o700))
	if out, err := exec.Command("mkfifo", r.path("fifo")).CombinedOutput(); err != nil {
		t.Fatalf("mkfifo: %v\n%s", err, out)
	}
	r.write("file", "line\n")
	r.start()
	r.want("line")
}

func TestAnotherFileInAReusedInodeIsNew(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	r.write("a.log", "one\n")
	r.want("one")
	r.stop()
	r.do(os.Remove(r.path("a.log")))
	r.write("a.log", "other\n") // ext4 and tmpfs give the same number again
	r.start()
	r.want("one", "other")
}

func TestRotatedFilesInAFolderElsewhereAreFound(t *testing.T) {
	r := newRig(t, "log/a.log")
	r.cfg.Files[0].Rotated = r.path("archive")
	r.do(os.Mkdir(r.path("log"), 0o700))
	r.do(os.Mkdir(r.path("archive"), 0o700))
	r.start()
	r.write("log/a.log", "one\n")
	r.want("one")
	r.stop()
	r.write("log/a.log", "two\n")
	r.do(os.Rename(r.path("log/a.log"), r.path("archive/a.log-20260101")))
	r.write("log/a.log", "three\n")
	r.start()
	r.want("one", "two", "three")
}

func TestAnEditorThatWritesTheFileAnewDoesNotRepeatIt(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	text, want := long("a", 0, 50)
	r.write("a.log", text)
	r.want(want...)
	r.do(os.WriteFile(r.path("a.tmp"), []byte(text+"by hand\n"), 0o600))
	r.do(os.Rename(r.path("a.tmp"), r.path("a.log")))
	r.want(append(want, "by hand")...)
}

func TestStateIsKeptWhenTheDiskTakesNothing(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	r.write("a.log", "one\n")
	r.want("one")
	r.stop()
	// The state file cannot be opened for writing: a folder is in its place.
	state := filepath.Join(r.dir, ".state")
	kept, err := os.ReadFile(state)
	r.do(err)
	r.start()
	r.do(os.Remove(state))
	r.do(os.Mkdir(state, 0o700))
	r.write("a.log", "two\n")
	r.want("one", "two")
	r.until("failures are counted", func() bool { total, _ := r.f.Stats(0); return total.SaveFailures > 0 }, func() string { return "none" })
	r.do(os.Remove(state))
	r.do(os.WriteFile(state, kept, 0o600))
	r.write("a.log", "three\n")
	r.want("one", "two", "three")
	r.stop()
	r.start()
	r.write("a.log", "four\n")
	r.want("one", "two", "three", "four")
}

package testlogs

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Way is a way to rotate a log.
type Way string

// The ways.
const (
	Rename       Way = "rename"       // renamed, the new file made at once
	RenameGap    Way = "rename-gap"   // renamed, the new file made 20 ms later
	Gzip         Way = "gzip"         // renamed, then compressed
	Delete       Way = "delete"       // deleted, the new file made at once
	LateWriter   Way = "late-writer"  // renamed; lines go to the old file still
	CopyTruncate Way = "copytruncate" // copied, then emptied, while lines are written
	keep             = 10             // older files stay: more than are rotated away while the follower is dead
)

// Ways lists all of them.
func Ways() []Way {
	return []Way{Rename, RenameGap, Gzip, Delete, LateWriter, CopyTruncate}
}

// Line is the text of the n-th line.
func Line(n int) string {
	return fmt.Sprintf("%010d web1 app[4711]: request %d took %d ms and was answered with status 200", n, n, n%977)
}

// writer writes numbered lines to a log and rotates it.
type writer struct {
	path   string
	way    Way
	rate   int // lines a second
	every  time.Duration
	rotate func(written int) bool // may a rotation happen now

	file     *os.File
	out      *bufio.Writer
	written  int
	count    int // rotations
	standing *numbers
	copying  sync.WaitGroup
	copyErr  error // after copying
}

// run writes until ctx ends.
func (w *writer) run(ctx context.Context) error {
	w.standing = &numbers{}
	if err := w.reopen(); err != nil {
		return err
	}
	start := time.Now()
	last := start
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		for want := int(time.Since(start).Seconds() * float64(w.rate)); w.written < want; w.written++ {
			w.out.WriteString(Line(w.written) + "\n")
		}
		if err := w.out.Flush(); err != nil {
			return err
		}
		if time.Since(last) < w.every || !w.rotate(w.written) {
			continue
		}
		if err := w.turn(); err != nil {
			return err
		}
		last = time.Now()
	}
	w.copying.Wait()
	return errors.Join(w.copyErr, w.file.Close())
}

func (w *writer) reopen() error {
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w.file = f
	// Whole lines in one write, so that a copy holds whole lines.
	w.out = bufio.NewWriterSize(f, 1<<20)
	return nil
}

func (w *writer) name(n int) string { return fmt.Sprintf("%s.%d", w.path, n) }

// turn rotates once.
func (w *writer) turn() error {
	w.count++
	old := w.file
	var err error
	switch w.way {
	case CopyTruncate:
		w.copying.Wait()
		w.copying.Go(func() { w.copyErr = errors.Join(w.copyErr, w.copyAndTruncate(w.count)) })
		return nil
	case Delete:
		err = errors.Join(os.Remove(w.path), w.reopen())
	case RenameGap:
		err = os.Rename(w.path, w.name(w.count))
		time.Sleep(20 * time.Millisecond) // the gap
		err = errors.Join(err, w.reopen())
	case LateWriter:
		err = errors.Join(os.Rename(w.path, w.name(w.count)), w.reopen(), w.late(old))
	default:
		err = errors.Join(os.Rename(w.path, w.name(w.count)), w.reopen())
	}
	err = errors.Join(err, old.Close())
	if w.way == Gzip {
		err = errors.Join(err, compress(w.name(w.count)))
	}
	return errors.Join(err, w.remove(w.count-keep))
}

// late writes to a file that was rotated already, and goes on for a moment.
func (w *writer) late(old *os.File) error {
	for range 10 {
		late := bufio.NewWriter(old)
		for range 20 {
			late.WriteString(Line(w.written) + "\n")
			w.written++
		}
		if err := late.Flush(); err != nil {
			return err
		}
		time.Sleep(time.Millisecond) // as a writer does that has other work too
	}
	return nil
}

// copyAndTruncate is what logrotate does: what is written between the end of the
// copy and the truncation stands nowhere.
func (w *writer) copyAndTruncate(n int) error {
	if err := copyFile(w.path, w.name(n)); err != nil {
		return err
	}
	time.Sleep(5 * time.Millisecond) // logrotate sets owner, mode and times
	if err := os.Truncate(w.path, 0); err != nil {
		return err
	}
	if err := w.standing.read(w.name(n)); err != nil {
		return err
	}
	return w.remove(n - keep)
}

func (w *writer) remove(n int) error {
	for _, name := range []string{w.name(n), w.name(n) + ".gz"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(struct{ io.Writer }{dst}, struct{ io.Reader }{src}) // read and write, as logrotate
	return errors.Join(err, dst.Close())
}

func compress(path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(path + ".gz")
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(dst, gzip.BestSpeed)
	if err != nil {
		return err
	}
	z.Name = filepath.Base(path)
	_, err = io.Copy(z, src)
	return errors.Join(err, z.Close(), dst.Close(), os.Remove(path))
}

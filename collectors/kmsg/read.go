package kmsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"monitord/collectors"
	"monitord/internal/pause"
)

// maxRecord is more than the kernel gives at once (CONSOLE_EXT_LOG_MAX and
// PRINTKRB_RECORD_MAX are 8192 and less).
const maxRecord = 16 << 10

// batchLines bounds a batch.
const batchLines = 512

// read opens the log and delivers its records until it cannot be read.
func (f *Follower) read(ctx context.Context) error {
	log, err := f.deps.Open()
	if err != nil {
		return err
	}
	closed := context.AfterFunc(ctx, func() { log.Close() }) // ends a read that waits
	defer func() {
		if closed() {
			log.Close()
		}
	}()
	known := f.last.Boot == f.deps.Boot
	if !known && f.last.Boot == "" && f.cfg.From == "end" {
		if _, err := log.Seek(0, io.SeekEnd); err != nil {
			return fmt.Errorf("go to the end of the kernel's log: %w", err)
		}
	}
	// After a new start of the machine the oldest record is the first to read.
	next := int64(-1)
	if known {
		next = f.last.Seq + 1
	}
	r := reader{f: f, log: log, next: next, records: make(chan record, batchLines)}
	return r.run(ctx)
}

// reader reads one opening of the log.
type reader struct {
	f       *Follower
	log     io.Reader
	next    int64 // the number that is due; -1 is any
	records chan record
	err     error // of the reading; after records is closed
}

// run delivers what the other goroutine reads, as many as there are at a time.
func (r *reader) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go r.pump(ctx) // ends before records is closed, which is waited for below
	for first := range r.records {
		b := Batch{}
		b.add(r.f, first)
		for len(r.records) > 0 && len(b.Lines) < batchLines {
			b.add(r.f, <-r.records)
		}
		if !r.f.deliver(ctx, b) {
			cancel()
			for range r.records { // until it has ended
			}
			return ctx.Err()
		}
	}
	return r.err
}

// pump reads records; it waits while nobody takes them, and the kernel keeps them.
func (r *reader) pump(ctx context.Context) {
	defer close(r.records)
	buf := make([]byte, maxRecord)
	for {
		n, err := r.log.Read(buf)
		switch {
		case errors.Is(err, unix.EPIPE): // the record that was due was overwritten; the next read gives the oldest
			continue
		case errors.Is(err, unix.EINVAL): // a record that is longer than buf
			r.err = fmt.Errorf("read the kernel's log: %w", err)
			return
		case err != nil:
			r.err = fmt.Errorf("read the kernel's log: %w", err)
			return
		}
		rec, err := parseRecord(buf[:n])
		if err != nil {
			r.err = fmt.Errorf("%.80q %w", buf[:n], err)
			return
		}
		if r.next >= 0 && rec.seq < r.next {
			continue // delivered in the last run
		}
		if r.next >= 0 && rec.seq > r.next {
			r.f.overwritten(rec.seq - r.next)
		}
		r.next = rec.seq + 1
		select {
		case r.records <- rec:
		case <-ctx.Done():
			r.err = ctx.Err()
			return
		}
	}
}

func (f *Follower) overwritten(n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Overwritten += uint64(n)
}

// add makes a line of a record.
func (b *Batch) add(f *Follower, rec record) {
	now := f.deps.Now()
	l := collectors.Line{
		Source: Source, Offset: rec.seq, Next: rec.seq + 1, Text: rec.text, At: now,
		Time: now.Add(rec.since - monotonic()), Severity: rec.severity,
	}
	if rec.facility == 0 {
		l.Program = "kernel"
	}
	b.Lines = append(b.Lines, l)
	b.Position = Position{f.deps.Boot, rec.seq}
}

// monotonic is the kernel's clock, by which it marks its records.
func monotonic() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// deliver gives a batch to the sink until it is taken; false when ctx ends first.
func (f *Follower) deliver(ctx context.Context, b Batch) bool {
	for {
		err := f.deps.Sink(ctx, b)
		f.mu.Lock()
		if f.stats.Fault = ""; err != nil {
			f.stats.Fault = err.Error()
		} else {
			f.stats.Lines += uint64(len(b.Lines))
			f.last = b.Position
		}
		f.mu.Unlock()
		if err == nil {
			return true
		}
		if !pause.For(ctx, retryEvery) {
			return false
		}
	}
}

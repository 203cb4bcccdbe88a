package logwatch

import (
	"context"
	"fmt"
	"path/filepath"

	"monitord/collectors"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/internal/logkeep"
	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
)

// Names in Step.Kept of how far the sources were read.
const (
	journaldName = "journald"
	kernelName   = "kernel"
)

// KeptDir is the folder below Deps.Dir in which whole logs are kept.
const KeptDir = "kept"

// open makes the sources, and the keeper of whole logs.
func (w *Watch) open(c Config) error {
	var err error
	if len(c.Follow.Files) > 0 {
		w.follower, err = logfile.New(c.Follow, logfile.Deps{
			Logger: w.deps.Logger, Now: w.deps.Now, Sink: w.takeFile, State: filepath.Join(w.deps.Dir, "positions"), Stored: w.positions(),
		})
		if err != nil {
			return err
		}
	}
	if c.Journald.Enabled {
		w.journald, err = journald.New(c.Journald, journald.Deps{Logger: w.deps.Logger, Now: w.deps.Now, Sink: w.takeJournald, Stored: w.deps.Kept[journaldName]})
		if err != nil {
			return fmt.Errorf("logs: %w", err)
		}
	}
	if c.Kernel.Enabled {
		if err := w.openKernel(c.Kernel); err != nil {
			return err
		}
	}
	if c.Keep.Enabled {
		w.keeper, err = logkeep.Open(filepath.Join(w.deps.Dir, KeptDir), c.Keep.Config, w.deps.Now, w.deps.Logger)
	}
	return err
}

func (w *Watch) openKernel(c kmsg.Config) error {
	var stored kmsg.Position
	if raw := w.deps.Kept[kernelName]; raw != "" {
		p, err := kmsg.ParsePosition(raw)
		if err != nil {
			w.deps.Logger.Warn("a position is passed over", logkeys.Err, err)
		}
		stored = p
	}
	var err error
	w.kernel, err = kmsg.New(c, kmsg.Deps{Logger: w.deps.Logger, Now: w.deps.Now, Sink: w.takeKernel, Stored: stored})
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	return nil
}

// runners are the sources.
func (w *Watch) runners() []rungroup.Runner {
	var list []rungroup.Runner
	if w.follower != nil {
		list = append(list, rungroup.Runner{Name: "follow logs", Run: w.follower.Run})
	}
	if w.journald != nil {
		list = append(list, rungroup.Runner{Name: "follow journald", Run: w.journald.Run})
	}
	if w.kernel != nil {
		list = append(list, rungroup.Runner{Name: "follow the kernel's log", Run: w.kernel.Run})
	}
	if w.keeper != nil {
		list = append(list, rungroup.Runner{Name: "keep logs", Run: w.keeper.Run})
	}
	return list
}

// takeFile is Take for lines of a file: their position is kept with them.
func (w *Watch) takeFile(ctx context.Context, b logfile.Batch) error {
	if err := w.takeOwn(ctx, SourceFile, b.Lines, positionName(b.Position.ID), b.Position.String()); err != nil {
		return err
	}
	w.follower.Ack(b.Position)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[positionName(b.Position.ID)] = w.deps.Now()
	return nil
}

func (w *Watch) takeJournald(ctx context.Context, b journald.Batch) error {
	if err := w.takeOwn(ctx, SourceJournald, b.Lines, journaldName, b.Cursor); err != nil {
		return err
	}
	w.journald.Ack(b.Cursor)
	return nil
}

func (w *Watch) takeKernel(ctx context.Context, b kmsg.Batch) error {
	if err := w.takeOwn(ctx, SourceKernel, b.Lines, kernelName, b.Position.String()); err != nil {
		return err
	}
	w.kernel.Ack(b.Position)
	return nil
}

// takeOwn is Take for lines of this machine, with how far their source was read.
func (w *Watch) takeOwn(ctx context.Context, source string, from []collectors.Line, name, position string) error {
	lines := make([]Line, len(from))
	for i := range from {
		lines[i] = fromCollector(source, &from[i])
	}
	return w.keep(ctx, w.judge(ctx, lines, map[string]string{name: position}))
}

// closeKeeper lets go of the files of whole logs. Whoever still brings lines finds
// it closed, and brings them again next time.
func (w *Watch) closeKeeper() error {
	if w.keeper == nil {
		return nil
	}
	w.keeping <- struct{}{}
	defer func() { <-w.keeping }()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return w.keeper.Close()
}

// whole keeps lines of one host as they are.
func (w *Watch) whole(lines []Line) {
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n].Host == lines[0].Host {
			n++
		}
		list := make([]logkeep.Line, n)
		for i, l := range lines[:n] {
			list[i] = logkeep.Line{At: l.Received, File: l.File, Text: l.Text, Cut: l.Cut}
			if l.File == "" {
				list[i].File = l.Source
			}
		}
		w.keeper.Append(lines[0].Host, list)
		lines = lines[n:]
	}
}

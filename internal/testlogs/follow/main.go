// Command follow follows logs for tests: it appends what it reads to a file,
// batches and positions in one write, so that it can be killed at any moment and
// go on from there.
//
//	follow STATE OUT [-beginning] PATTERN…
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"monitord/collectors/logfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "follow:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return errors.New("usage: follow STATE OUT PATTERN…")
	}
	stored, err := recoverOutput(args[1])
	if err != nil {
		return err
	}
	out, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	cfg := logfile.DefaultConfig()
	for _, p := range args[2:] {
		src := logfile.DefaultSource(p)
		src.From = "beginning"
		cfg.Files = append(cfg.Files, src)
	}
	var f *logfile.Follower
	f, err = logfile.New(cfg, logfile.Deps{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now, State: args[0], Stored: stored,
		Sink: func(_ context.Context, b logfile.Batch) error {
			if _, err := out.WriteString(encode(b)); err != nil {
				return err
			}
			f.Ack(b.Position)
			return nil
		},
	})
	if err != nil {
		return err
	}
	return errors.Join(f.Run(ctx), out.Close())
}

func encode(b logfile.Batch) string {
	var w strings.Builder
	for _, l := range b.Lines {
		w.WriteString("L " + l.Text + "\n")
	}
	w.WriteString("P " + b.Position.String() + "\n")
	return w.String()
}

// recoverOutput cuts off a batch that was not written to its end, and returns
// the positions of those that were.
func recoverOutput(path string) ([]logfile.Position, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	last := map[uint64]logfile.Position{}
	in := bufio.NewReaderSize(f, 1<<20)
	var at, whole int64
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		at += int64(len(line))
		if text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "P "); ok {
			p, err := logfile.ParsePosition(text)
			if err != nil {
				return nil, err
			}
			last[p.ID] = p
			whole = at
		}
	}
	var all []logfile.Position
	for _, p := range last {
		all = append(all, p)
	}
	return all, f.Truncate(whole)
}

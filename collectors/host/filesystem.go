package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sys/unix"

	"monitord/collectors"
	"monitord/internal/logkeys"
	"monitord/internal/procfs"
)

// filesystem asks every mounted file system that holds data for its size.
//
// statfs(2) on a mount whose server is gone does not return, and nothing can
// interrupt it. So the calls are made by a helper goroutine; when one takes
// longer than the timeout its mount is left alone until that very call
// returns, and a new helper goes on with the next mount. At most one goroutine
// hangs per mount, and it ends with its call.
type filesystem struct {
	file    *procfs.File
	rootFS  string
	timeout time.Duration
	log     *slog.Logger
	statfs  func(path string, buf *unix.Statfs_t) error

	mounts []procfs.Mount
	labels map[mountKey][]string
	hung   map[mountKey]chan statResult
	seen   map[string]bool
}

// mountKey tells one mount from another one at the same place.
type mountKey struct{ point, device, fstype string }

type statResult struct {
	stat unix.Statfs_t
	err  error
}

func newFilesystem(o Options) *filesystem {
	return &filesystem{
		// The probe's own namespace: /proc/1/mountinfo needs rights over init.
		file: o.file("self/mountinfo"), rootFS: o.RootFS, timeout: o.MountTimeout, log: o.Logger, statfs: unix.Statfs,
		labels: map[mountKey][]string{}, hung: map[mountKey]chan statResult{}, seen: map[string]bool{},
	}
}

// Name is "filesystem".
func (*filesystem) Name() string { return "filesystem" }

// Collect asks each mount in turn. A mount that does not answer, or answers
// with an error, gets node_filesystem_device_error 1 and no sizes.
func (c *filesystem) Collect(ctx context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	c.mounts = procfs.ParseMountinfo(b, c.mounts)
	clear(c.seen)
	h := newHelper(c.statfs)
	defer func() { h.stop() }()
	var faults []error
	// The last mount at a point hides the ones before it.
	for i := len(c.mounts) - 1; i >= 0; i-- {
		m := &c.mounts[i]
		if skipMount(m) || c.seen[m.Point] {
			continue
		}
		c.seen[m.Point] = true
		if h, err = c.one(ctx, h, m, sink); err != nil {
			faults = append(faults, err)
		}
		if ctx.Err() != nil {
			return errors.Join(append(faults, ctx.Err())...)
		}
	}
	c.forget()
	return errors.Join(faults...)
}

// one asks one mount and returns the helper for the next.
func (c *filesystem) one(ctx context.Context, h *helper, m *procfs.Mount, sink collectors.Sink) (*helper, error) {
	key := mountKey{m.Point, m.Device, m.FSType}
	labels := c.labelsOf(key)
	if c.stillHung(key) {
		sink.Add("node_filesystem_device_error", 1, labels...)
		return h, fmt.Errorf("statfs %s: still hangs", m.Point)
	}
	r, ok := h.ask(ctx, c.rootFS+m.Point, c.timeout)
	if !ok {
		c.hung[key] = h.results
		c.log.Warn("mount does not answer", logkeys.Collector, c.Name(), logkeys.Path, m.Point)
		sink.Add("node_filesystem_device_error", 1, labels...)
		h.stop()
		return newHelper(c.statfs), fmt.Errorf("statfs %s: no answer in %s", m.Point, c.timeout)
	}
	if r.err != nil {
		sink.Add("node_filesystem_device_error", 1, labels...)
		return h, fmt.Errorf("statfs %s: %w", m.Point, r.err)
	}
	addFilesystem(sink, &r.stat, m.ReadOnly, labels)
	return h, nil
}

func addFilesystem(sink collectors.Sink, s *unix.Statfs_t, readOnly bool, labels []string) {
	size := float64(s.Bsize)
	ro := 0.0
	if readOnly {
		ro = 1
	}
	sink.Add("node_filesystem_avail_bytes", float64(s.Bavail)*size, labels...)
	sink.Add("node_filesystem_device_error", 0, labels...)
	sink.Add("node_filesystem_files", float64(s.Files), labels...)
	sink.Add("node_filesystem_files_free", float64(s.Ffree), labels...)
	sink.Add("node_filesystem_free_bytes", float64(s.Bfree)*size, labels...)
	sink.Add("node_filesystem_readonly", ro, labels...)
	sink.Add("node_filesystem_size_bytes", float64(s.Blocks)*size, labels...)
}

func (c *filesystem) labelsOf(key mountKey) []string {
	l, ok := c.labels[key]
	if !ok {
		for _, p := range [...][2]string{{"device", key.device}, {"fstype", key.fstype}, {"mountpoint", key.point}} {
			if p[1] != "" {
				l = append(l, p[0], p[1])
			}
		}
		c.labels[key] = l
	}
	return l
}

// stillHung reports whether an earlier call about this mount has not returned.
func (c *filesystem) stillHung(key mountKey) bool {
	results, ok := c.hung[key]
	if !ok {
		return false
	}
	select {
	case <-results:
		delete(c.hung, key)
		c.log.Info("mount answers again", logkeys.Collector, c.Name(), logkeys.Path, key.point)
		return false
	default:
		return true
	}
}

// forget drops the labels of mounts that are gone, so that a machine which
// mounts and unmounts all day does not grow.
func (c *filesystem) forget() {
	if len(c.labels) > 2*len(c.seen)+16 {
		for key := range c.labels {
			if !c.seen[key.point] {
				delete(c.labels, key)
			}
		}
	}
}

// helper is a goroutine that makes one statfs call after another.
type helper struct {
	paths   chan string
	results chan statResult // room for one, so that a late answer does not block
	timer   *time.Timer
}

func newHelper(statfs func(string, *unix.Statfs_t) error) *helper {
	h := &helper{paths: make(chan string), results: make(chan statResult, 1), timer: time.NewTimer(time.Hour)}
	// Joined by nobody on purpose: it ends at stop, or when the kernel lets go.
	go func() {
		for path := range h.paths {
			var r statResult
			r.err = statfs(path, &r.stat)
			h.results <- r
		}
	}()
	return h
}

// ask makes one call; ok is false when it has not returned in time, and then
// the helper must not be asked again.
func (h *helper) ask(ctx context.Context, path string, timeout time.Duration) (r statResult, ok bool) {
	h.timer.Reset(timeout)
	h.paths <- path
	select {
	case r = <-h.results:
		return r, true
	case <-h.timer.C:
	case <-ctx.Done():
	}
	return statResult{}, false
}

func (h *helper) stop() {
	h.timer.Stop()
	close(h.paths)
}

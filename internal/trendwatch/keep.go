package trendwatch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"monitord/internal/atomicfile"
	"monitord/internal/logkeys"
)

// shardCount is how many files there are: one a minute is written, so that each
// is about an hour old at most. What came since is read from the store again.
const shardCount = 64

// files says where snapshots are, and which comes next.
type files struct {
	dir  string
	next int
}

func (f *files) path(shard int) string { return filepath.Join(f.dir, fmt.Sprintf("%02d.snap", shard)) }

// load takes over what was kept. A file that cannot be read costs learning anew.
func (w *Watch) load(ctx context.Context) error {
	if err := os.MkdirAll(w.files.dir, 0o700); err != nil {
		return fmt.Errorf("folder for what trends have learned: %w", err)
	}
	w.sweepHalves()
	byName := map[string]*rule{}
	for _, r := range w.rules.list {
		byName[r.Name] = r
	}
	refused := 0
	for shard := range shardCount {
		if ctx.Err() != nil {
			return nil
		}
		raw, err := os.ReadFile(w.files.path(shard))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var list []kept
		if err == nil {
			list, err = decodeShard(raw)
		}
		if err != nil {
			w.log.Warn("what trends have learned cannot be read; these series learn anew from the store", logkeys.Path, w.files.path(shard), logkeys.Err, err)
			continue
		}
		w.book.Lock()
		for _, k := range list {
			if !w.restore(byName[k.Rule], k) {
				refused++
			}
		}
		w.book.Unlock()
	}
	if refused > 0 {
		w.log.Info("series whose rule changed, or that another version wrote, learn anew from the store", logkeys.Count, refused)
	}
	return nil
}

// sweepHalves takes away what was being written when the process was killed.
func (w *Watch) sweepHalves() {
	halves, _ := filepath.Glob(filepath.Join(w.files.dir, ".??.snap-*")) // the pattern is well-formed
	for _, path := range halves {
		if err := os.Remove(path); err != nil {
			w.log.Warn("half a file of a process that was killed cannot be removed; remove it by hand", logkeys.Path, path, logkeys.Err, err)
		}
	}
}

// restore takes one series over, if its rule still sees the same, and reports
// whether it did.
func (w *Watch) restore(r *rule, k kept) bool {
	if r == nil || r.print != k.Print || len(w.book.names) >= w.book.max || k.Host == "" {
		return false
	}
	e := &entry{rule: r, key: string(k.Key), host: k.Host, item: k.Item, cursor: k.Cursor, seen: k.Seen, first: k.First, last: k.Last,
		whole: true, now: k.Now, raw: k.Raw, rawAt: k.RawAt, resumed: k.Resumed, limit: k.Limit}
	if w.book.names[e.service()] != nil || w.book.series[r][e.key] != nil || e.cursor < 0 || e.cursor > r.head(w.deps.Now())+1 {
		return false // twice, or from a future that was none: learned anew
	}
	if e.renew() != nil || e.detector.Restore(k.snapshot) != nil {
		return false
	}
	w.book.put(e)
	return true
}

// saveNext writes the next file.
func (w *Watch) saveNext() {
	w.save(w.files.next)
	w.files.next = (w.files.next + 1) % shardCount
}

func (w *Watch) saveAll() {
	for shard := range shardCount {
		w.save(shard)
	}
}

// save writes one file. A series that is being caught up for the first time is
// left out: half of what it is to learn would count as all of it.
func (w *Watch) save(shard int) {
	list, err := w.shard(shard)
	path := w.files.path(shard)
	if err == nil {
		if len(list) == 0 {
			if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
				return
			}
		} else {
			var raw []byte
			if raw, err = encodeShard(list); err == nil {
				err = atomicfile.Write(path, raw)
			}
		}
	}
	if err != nil {
		w.stats.saved.WithLabelValues("failed").Inc()
		w.log.Error("what trends have learned cannot be kept; it is tried again in an hour, and read from the store after a restart", logkeys.Path, path, logkeys.Err, err)
		return
	}
	w.stats.saved.WithLabelValues("written").Inc()
}

// shard collects what a file is to have.
func (w *Watch) shard(shard int) ([]kept, error) {
	w.book.Lock()
	defer w.book.Unlock()
	var list []kept
	for e := range w.book.shards[shard] {
		if e.last == 0 || e.behind && !e.whole {
			continue
		}
		snap, err := e.detector.Snapshot(nil)
		if err != nil {
			return nil, err
		}
		list = append(list, kept{head: head{
			Rule: e.rule.Name, Print: e.rule.print, Key: []byte(e.key), Host: e.host, Item: e.item, Cursor: e.cursor, Seen: e.seen, First: e.first, Last: e.last,
			Now: plain(e.now), Raw: plain(e.raw), RawAt: e.rawAt, Resumed: e.resumed, Limit: plain(e.limit),
		}, snapshot: snap})
	}
	return list, nil
}

// plain is v, or 0 where JSON has no number for it.
func plain(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

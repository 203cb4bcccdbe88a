package logfile

import (
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// dirState is what is remembered of a folder between two looks into it.
type dirState struct {
	inode   inode
	changed int64     // its mtime: when names last came or went
	looked  time.Time // when it was read
}

// settle is how long after a folder's last change it is read again: its mtime is
// coarse, so that a name may come in the tick in which we read it.
const settle = 2 * time.Second

// literal says that a source names one file.
func (s *Source) literal() bool { return !strings.ContainsAny(s.Path, `*?[\`) }

// matches says whether the source would follow a path.
func (s *Source) matches(path string) bool {
	ok, _ := filepath.Match(s.Path, path)
	return ok && s.names(path) && (s.literal() || !isPacked(path))
}

// discover makes streams of the files that the sources name.
func (f *Follower) discover() {
	for i := range f.cfg.Files {
		src := &f.cfg.Files[i]
		first := !f.patterns[src.Path]
		if src.literal() {
			f.stream(src.Path, src, first)
		} else {
			f.expand(src, first)
		}
		if first {
			f.patterns[src.Path] = true
			f.acks.follow(src.Path)
			select {
			case f.soon <- struct{}{}:
			default:
			}
		}
	}
}

// expand looks for a pattern's files in the folders whose names have changed.
func (f *Follower) expand(src *Source, first bool) {
	dirs := []string{filepath.Dir(src.Path)}
	if strings.ContainsAny(dirs[0], `*?[\`) {
		dirs, _ = filepath.Glob(dirs[0]) // the pattern was validated
	}
	for _, dir := range dirs {
		if !f.dirChanged(dir, src.Path) {
			continue
		}
		for _, name := range f.listing(dir).names {
			path := filepath.Join(dir, name)
			if f.streams[path] == nil && src.matches(path) {
				f.stream(path, src, first)
			}
		}
		f.hints.watch(dir, len(f.order) > sweepSize)
	}
}

// dirChanged says whether a folder may have names that were not seen.
func (f *Follower) dirChanged(dir, pattern string) bool {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return false
	}
	key := dir + "\x00" + pattern
	was, known := f.dirs[key]
	now := time.Now()
	is := dirState{inode: inodeOf(&st), changed: st.Mtim.Nano(), looked: now}
	settled := was.looked.UnixNano() > is.changed+int64(settle) || is.changed > now.UnixNano()
	if known && was.inode == is.inode && was.changed == is.changed && settled && now.Sub(was.looked) < time.Minute {
		return false
	}
	f.dirs[key] = is
	return true
}

// stream makes the stream of a path. The first source that names it rules it.
func (f *Follower) stream(path string, src *Source, first bool) {
	if f.streams[path] != nil {
		return
	}
	s := &stream{path: path, source: src, first: first, decoder: newDecoder(src.encoding())}
	s.stats.Path = path
	f.streams[path] = s
	f.order = append(f.order, s)
	f.begun = append(f.begun, s)
}

package logfile

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// hints are what inotify(7) tells about folders: which name came, went or was
// written to. They make us look sooner at one of very many quiet files, and find
// new names without reading the folder again and again. Nothing depends on them:
// what inotify does not tell (another machine's writes to NFS, a queue that ran
// over, no watches left) is found by looking.
type hints struct {
	fd   int // -1 when there is none
	dirs map[int32]string
	wds  map[string]int32
	many map[string]bool // folders that tell of writes
	buf  []byte
}

// maxWatches bounds the folders that are watched.
const maxWatches = 256

// namesMask tells of new names. With modifyMask a folder tells of writes too,
// which costs its writers and us: only for more files than are looked at in each
// round anyway.
const (
	namesMask  = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ONLYDIR
	modifyMask = namesMask | unix.IN_MODIFY
)

func newHints() *hints {
	h := &hints{fd: -1, dirs: map[int32]string{}, wds: map[string]int32{}, many: map[string]bool{}, buf: make([]byte, 64<<10)}
	if fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC); err == nil {
		h.fd = fd
	}
	return h
}

func (h *hints) close() error {
	if h.fd < 0 {
		return nil
	}
	return unix.Close(h.fd)
}

// watch asks for news of a folder. A folder that was made anew is asked for
// again, because the kernel has ended the old watch.
func (h *hints) watch(dir string, many bool) {
	_, known := h.wds[dir]
	if h.fd < 0 || known && (h.many[dir] || !many) || !known && len(h.wds) >= maxWatches {
		return
	}
	mask := uint32(namesMask)
	if many {
		mask = modifyMask
	}
	if wd, err := unix.InotifyAddWatch(h.fd, dir, mask); err == nil {
		h.dirs[int32(wd)], h.wds[dir], h.many[dir] = dir, int32(wd), many
	}
}

// hint is one piece of news.
type hint struct {
	path string
	came bool // a name is new
}

// read gives all news since the last call to f, and says whether some were lost.
func (h *hints) read(f func(hint)) (lost bool) {
	for h.fd >= 0 {
		n, err := unix.Read(h.fd, h.buf)
		if err != nil || n <= 0 {
			return lost
		}
		lost = h.parse(h.buf[:n], f) || lost
	}
	return lost
}

// parse reads inotify_event structures: wd, mask, cookie, len, name padded by NUL.
func (h *hints) parse(b []byte, f func(hint)) (lost bool) {
	last := ""
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask := binary.NativeEndian.Uint32(b[4:])
		n := int(binary.NativeEndian.Uint32(b[12:]))
		b = b[unix.SizeofInotifyEvent:]
		if n < 0 || n > len(b) {
			return true
		}
		name := strings.TrimRight(string(b[:n]), "\x00")
		b = b[n:]
		dir, known := h.dirs[wd]
		switch {
		case mask&unix.IN_Q_OVERFLOW != 0:
			lost = true
		case !known:
		case mask&unix.IN_IGNORED != 0: // the folder is gone
			delete(h.dirs, wd)
			delete(h.wds, dir)
			delete(h.many, dir)
		case name != "" && (name != last || mask&unix.IN_MODIFY == 0):
			f(hint{filepath.Join(dir, name), mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0})
			last = name
		}
	}
	return lost
}

// takeHints looks at the files that inotify has told about.
func (f *Follower) takeHints(now time.Time) {
	lost := f.hints.read(func(h hint) {
		if s := f.streams[h.path]; s != nil {
			if _, hot := f.hot[s]; !hot && len(f.hot) < 2*hotSize {
				s.active = now
				f.hot[s] = struct{}{}
			}
		} else if h.came {
			f.found(h.path)
		}
	})
	if lost {
		f.discovery = now
	}
}

// found makes a stream of a new name at once.
func (f *Follower) found(path string) {
	for i := range f.cfg.Files {
		if f.cfg.Files[i].matches(path) {
			f.stream(path, &f.cfg.Files[i], false)
			return
		}
	}
}

package logfile

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// candidate is a file that may be an older generation of a log.
type candidate struct {
	path  string
	inode inode
	mtime int64
	// surely says that the name is one that rotation gives: a file of that name
	// that nobody knows yet is a generation that we have missed.
	surely bool
}

// maxFolders bounds the folders in a log's folder in which an olddir is sought.
const maxFolders = 64

// candidates lists the files that may hold older generations of a log, the
// oldest first: in its folder and the folders in it, in that of the file a
// symbolic link leads to, and where the source says.
func (f *Follower) candidates(s *stream) []candidate {
	dirs := []string{filepath.Dir(s.path)}
	if real, err := filepath.EvalSymlinks(s.path); err == nil {
		dirs = append(dirs, filepath.Dir(real))
	}
	if s.source.Rotated != "" {
		dirs = append(dirs, s.source.Rotated)
	}
	for _, d := range f.listing(filepath.Dir(s.path)).folders {
		dirs = append(dirs, filepath.Join(filepath.Dir(s.path), d))
	}
	var found []candidate
	stem := stemOf(filepath.Base(s.path))
	seen := map[inode]bool{}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		for _, name := range f.listing(dir).withPrefix(stem) {
			path := filepath.Join(dir, name)
			var st unix.Stat_t
			if path == s.path || unix.Lstat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || seen[inodeOf(&st)] {
				continue
			}
			seen[inodeOf(&st)] = true
			found = append(found, candidate{
				path: path, inode: inodeOf(&st), mtime: lastMoment(st.Mtim.Nano()),
				surely: rotatedName(filepath.Base(s.path), name),
			})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.mtime, b.mtime), cmp.Compare(turn(a.path), turn(b.path)), cmp.Compare(a.path, b.path))
	})
	return found
}

// lastMoment is the modification time to compare: tools that keep only whole
// seconds have set it back.
func lastMoment(mtime int64) int64 {
	if mtime%int64(time.Second) == 0 {
		return mtime + int64(time.Second) - 1
	}
	return mtime
}

// turn puts rotated names in the order in which they were written: log.2 before
// log.1, log-20260101 before log-20260102.
func turn(path string) int {
	name := strings.TrimRight(plainName(filepath.Base(path)), "abcdefghijklmnopqrstuvwxyz.")
	n, err := strconv.Atoi(name[strings.LastIndexFunc(name, func(r rune) bool { return r < '0' || r > '9' })+1:])
	if err == nil && n < 10_000 {
		return -n
	}
	return n
}

// stemOf is what every name of a log's generations begins with.
func stemOf(base string) string {
	if ext := filepath.Ext(base); ext != "" && ext != base {
		return strings.TrimSuffix(base, ext)
	}
	return base
}

// rotatedName says whether name is what rotation makes of base: base.1,
// base-20260131.gz, base.old; and, the ending kept, stem.1.log and
// stem-20260131.log, but not stem-2.log: that is another log.
func rotatedName(base, name string) bool {
	name = plainName(name)
	if rest, ok := strings.CutPrefix(name, base); ok {
		return rest == ".old" || numbered(rest, 1)
	}
	stem, ext := stemOf(base), filepath.Ext(base)
	rest, ok := strings.CutPrefix(name, stem)
	rest, ends := strings.CutSuffix(rest, ext)
	return ok && ends && stem != base && (strings.HasPrefix(rest, ".") && numbered(rest, 1) || numbered(rest, 6))
}

// logsOf lists the paths of the logs that a file may be a copy or an older
// generation of, by its name: those that it begins with, with or without its
// ending. The first is the path itself.
func logsOf(path string) []string {
	dir, base := filepath.Split(path)
	ext := filepath.Ext(base)
	all := []string{path}
	for i := len(base) - 1; i > 0; i-- {
		all = append(all, dir+base[:i])
		if log := base[:i] + ext; ext != "" && i < len(base)-len(ext) && rotatedName(log, base) {
			all = append(all, dir+log)
		}
	}
	return all
}

// numbered says whether s is a separator, digits and more of both.
func numbered(s string, digits int) bool {
	if len(s) < 1+digits || !strings.ContainsRune(".-_", rune(s[0])) {
		return false
	}
	return strings.Trim(s[1:1+digits], "0123456789") == "" && strings.Trim(s[1:], "0123456789.-_:T") == ""
}

// listing is what a folder holds.
type listing struct {
	names   []string // sorted
	folders []string // the first maxFolders
}

// withPrefix returns the names that begin so.
func (l listing) withPrefix(prefix string) []string {
	from, _ := slices.BinarySearch(l.names, prefix)
	to := from
	for to < len(l.names) && strings.HasPrefix(l.names[to], prefix) {
		to++
	}
	return l.names[from:to]
}

// listing reads a folder once in a round of the watcher. What cannot be read is
// empty: whether a file can be, is said where it is opened.
func (f *Follower) listing(dir string) listing {
	if l, ok := f.listings[dir]; ok {
		return l
	}
	entries, _ := os.ReadDir(dir) // sorted
	var l listing
	for _, e := range entries {
		if e.IsDir() {
			if len(l.folders) < maxFolders {
				l.folders = append(l.folders, e.Name())
			}
			continue
		}
		l.names = append(l.names, e.Name())
	}
	if f.listings == nil {
		f.listings = map[string]listing{}
	}
	f.listings[dir] = l
	return l
}

package logfile

import (
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// signature is what stat says of a file's content: when it differs, there is
// something to look at.
type signature struct {
	size         int64
	mtime, ctime int64 // Unix nanoseconds
}

func signatureOf(st *unix.Stat_t) signature {
	return signature{st.Size, st.Mtim.Nano(), st.Ctim.Nano()}
}

func inodeOf(st *unix.Stat_t) inode { return inode{st.Dev, st.Ino} }

// generation is what stands in one inode between two truncations, while it is
// followed. The watcher opens it and sees it change; the reader reads it. Its
// fields are the Follower's mutex's, save those of the reader.
type generation struct {
	stream  *stream
	inode   inode
	file    *os.File  // nil while it has given its descriptor back
	seen    signature // by the watcher
	read    signature // up to which the reader has read all lines
	size    int64     // the largest seen
	grew    time.Time // when the watcher last saw it change
	behind  time.Time // since when there are lines that were not delivered; zero when none
	rotated time.Time // since when its path does not name it; zero while it does
	busy    bool      // the reader uses file
	expect  int64     // a copy should reach this offset: what is missing is lost
	pos     Position  // behind what was delivered
	opened  unix.Stat_t

	// Of a generation of which nothing was read yet, so that its position cannot
	// tell that its file was emptied: what it began with when it was opened, and
	// whether it was seen to shrink.
	opening Print
	shrunk  bool

	// Of the reader alone.
	packed  *unpacker // of a compressed file; nil for others
	decoder *decoder
}

// saw takes what stat says and reports whether there is something to read.
func (g *generation) saw(sig signature, now time.Time) bool {
	if sig != g.seen {
		g.shrunk = g.shrunk || sig.size < g.seen.size
		g.seen, g.grew = sig, now
		g.size = max(g.size, sig.size)
	}
	if g.seen == g.read {
		g.behind = time.Time{}
		return false
	}
	if g.behind.IsZero() {
		g.behind = now
	}
	return true
}

// stands says whether what was read of the generation, up to a position, still
// stands in its file.
func (g *generation) stands(p Position) (bool, error) {
	if g.pos.Head.Len == 0 {
		if same, err := (Position{Head: g.opening}).stands(g.file); err != nil || !same || g.shrunk {
			return false, err
		}
	}
	return p.stands(g.file)
}

// drained says that everything seen was delivered.
func (g *generation) drained() bool { return g.seen == g.read }

// spent says that a rotated file has had no news for so long that none will come.
func (g *generation) spent(now time.Time, linger time.Duration) bool {
	if g.rotated.IsZero() || !g.drained() {
		return false
	}
	return g.packed != nil || (now.Sub(g.rotated) >= linger && now.Sub(g.grew) >= linger)
}

// openFile opens a regular file for reading and never waits for a writer, as a
// FIFO would. Its signature and inode are those of what was opened.
func openFile(path string) (*os.File, unix.Stat_t, error) {
	var st unix.Stat_t
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, st, err
	}
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		f.Close()
		return nil, st, &fs.PathError{Op: "fstat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		f.Close()
		return nil, st, errNotRegular
	}
	return f, st, nil
}

// beginning returns the first bytes of the generation's content; none when its
// file is closed.
func (g *generation) beginning() []byte {
	switch {
	case g.packed != nil && g.packed.at == 0:
		return g.packed.head()
	case g.packed != nil || g.file == nil:
		return nil
	}
	return beginning(g.file, headBytes)
}

// beginning reads the file's first bytes, fewer when there are no more.
func beginning(r io.ReaderAt, n int) []byte {
	b := make([]byte, n)
	got, err := r.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return nil
	}
	return b[:got]
}

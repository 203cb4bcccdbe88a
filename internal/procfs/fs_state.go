package procfs

// FileNr is /proc/sys/fs/file-nr: file handles.
type FileNr struct {
	Allocated, Free, Max uint64
}

// ParseFileNr reads /proc/sys/fs/file-nr.
func ParseFileNr(b []byte) FileNr {
	var f [3]uint64
	cutUints(b, f[:])
	return FileNr{f[0], f[1], f[2]}
}

// ParseInodeState reads /proc/sys/fs/inode-state: inodes allocated and free.
func ParseInodeState(b []byte) (allocated, free uint64) {
	var f [2]uint64
	cutUints(b, f[:])
	return f[0], f[1]
}

// ParseDentryState reads /proc/sys/fs/dentry-state: unused directory entries,
// its second number.
func ParseDentryState(b []byte) (unused uint64) {
	_, rest := cutField(b)
	unused, _, _ = cutUint(rest)
	return unused
}

// ParseNumber reads a file that holds one number, such as
// /proc/sys/kernel/pty/nr or /sys/class/net/NAME/speed. ok is false for
// anything else, a negative number (speed unknown: -1) included.
func ParseNumber(b []byte) (v uint64, ok bool) {
	line, _ := cutLine(b)
	v, _, ok = cutUint(line)
	return v, ok
}

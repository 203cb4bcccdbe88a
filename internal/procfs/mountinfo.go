package procfs

import "bytes"

// Mount is one line of /proc/PID/mountinfo.
type Mount struct {
	Device   string // what is mounted: /dev/vda1, server:/export, tmpfs
	Point    string // where, blanks and backslashes decoded
	FSType   string
	ReadOnly bool // by the mount's or the file system's own options
}

// ParseMountinfo reads /proc/PID/mountinfo into mounts, which it returns;
// strings of the last call are reused.
// Source: Documentation/filesystems/proc.rst section 3.5.
func ParseMountinfo(b []byte, mounts []Mount) []Mount {
	mounts = mounts[:0]
	for len(b) > 0 {
		var line, point, opts []byte
		line, b = cutLine(b)
		head, tail, ok := bytes.Cut(line, []byte(" - "))
		if !ok {
			continue
		}
		for range 4 { // mount ID, parent ID, major:minor, root
			_, head = cutField(head)
		}
		point, head = cutField(head)
		opts, _ = cutField(head)
		fstype, tail := cutField(tail)
		device, tail := cutField(tail)
		super, _ := cutField(tail)
		if len(point) == 0 || len(fstype) == 0 {
			continue
		}
		mounts = extend(mounts)
		m := &mounts[len(mounts)-1]
		m.Point = internOctal(m.Point, point)
		m.Device = internOctal(m.Device, device)
		m.FSType = intern(m.FSType, fstype)
		m.ReadOnly = hasOption(opts, "ro") || hasOption(super, "ro")
	}
	return mounts
}

// internOctal decodes the kernel's \040 (blank), \011, \012 and \134.
func internOctal(old string, b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return intern(old, b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+3 < len(b) && isOctal(b[i+1]) && isOctal(b[i+2]) && isOctal(b[i+3]) {
			out = append(out, (b[i+1]-'0')<<6|(b[i+2]-'0')<<3|(b[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, b[i])
	}
	return intern(old, out)
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func hasOption(opts []byte, name string) bool {
	for len(opts) > 0 {
		var o []byte
		o, opts, _ = bytes.Cut(opts, []byte{','})
		if string(o) == name {
			return true
		}
	}
	return false
}

package procfs

import "errors"

// ErrMeminfo says that /proc/meminfo lacks MemTotal.
var ErrMeminfo = errors.New("parse /proc/meminfo: no line starts with MemTotal:")

// ParseMeminfo reads /proc/meminfo. Numbers are as printed: in kB where KB is
// set, else a count (HugePages_Total). The three lines without a colon that
// Linux 2.4 put on top are passed over.
func ParseMeminfo(b []byte, v *Values) error {
	v.parse(b, true)
	if _, ok := v.Get("MemTotal"); !ok {
		return ErrMeminfo
	}
	return nil
}

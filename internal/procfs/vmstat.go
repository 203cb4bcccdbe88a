package procfs

import "errors"

// ErrVmstat says that /proc/vmstat holds no counter at all.
var ErrVmstat = errors.New("parse /proc/vmstat: no line of a name and a number")

// ParseVmstat reads /proc/vmstat: counters and gauges of the virtual memory,
// in pages unless the name says otherwise (pgpgin and pgpgout are in kB).
func ParseVmstat(b []byte, v *Values) error {
	v.parse(b, false)
	if len(v.Fields) == 0 {
		return ErrVmstat
	}
	return nil
}

// ParseSnmp6 reads /proc/net/snmp6: names such as Ip6InReceives and counters.
// A kernel without IPv6 has no such file.
func ParseSnmp6(b []byte, v *Values) { v.parse(b, false) }

package main

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"monitord/collectors/snmp/discover"
	"monitord/internal/inventory"
)

// hostNames are the names that are taken.
type hostNames map[string]bool

// name is the host's: as it was asked for, or, asked by address, its sysName; the
// address where that is taken or none.
func (n hostNames) name(f discover.Found) string {
	name := f.Target.Address
	if addr, err := netip.ParseAddr(name); err == nil {
		name = hostName(discover.Line(f.Device.SysName))
		if name == "" || n[name] {
			name = strings.ReplaceAll(strings.ReplaceAll(addr.String(), ":", "-"), "%", "-")
		}
	}
	return n.take(name)
}

// take is a name that is free: this one, or with a number behind it.
func (n hostNames) take(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	n[free] = true
	return free
}

// hostName makes a name that a host may have of a device's own; "" when nothing is
// left of it.
func hostName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.N, unicode.M) || strings.ContainsRune(".-_", r) {
			return r
		}
		return '-'
	}, strings.TrimSpace(s))
	s = strings.Trim(s, "-.")
	if len(s) > maxHostName || inventory.ValidName(s) != nil {
		return ""
	}
	return s
}

// maxHostName bounds what is taken over from devices: names of files are made of it.
const maxHostName = 100

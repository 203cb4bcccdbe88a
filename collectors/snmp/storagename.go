package snmp

import "strings"

// StorageName is hrStorageDescr (RFC 2790) without what agents write around a mount
// point: FreeBSD's "/, type: ufs, dev: /dev/md0", Juniper's "/dev/md0, mounted on: /".
func StorageName(descr string) string {
	before, _, _ := strings.Cut(descr, ", type: ")
	if _, mounted, ok := strings.Cut(before, "mounted on: "); ok && mounted != "" {
		return mounted
	}
	return before
}

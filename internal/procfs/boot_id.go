package procfs

import (
	"bytes"
	"errors"
)

// ErrBootID says that the file does not hold a UUID.
var ErrBootID = errors.New("parse /proc/sys/kernel/random/boot_id: want a UUID")

// ParseBootID reads /proc/sys/kernel/random/boot_id: a UUID that is new at
// every boot.
func ParseBootID(b []byte) (string, error) {
	b = bytes.TrimSpace(b)
	if len(b) != 36 {
		return "", ErrBootID
	}
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return "", ErrBootID
			}
		} else if _, ok := parseHex(b[i : i+1]); !ok {
			return "", ErrBootID
		}
	}
	return string(b), nil
}

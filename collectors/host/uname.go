package host

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"monitord/collectors"
)

// uname is the kernel's name and version: uname(2).
type uname struct {
	last   unix.Utsname
	labels []string
}

func newUname() *uname { return &uname{} }

// Name is "uname".
func (*uname) Name() string { return "uname" }

// Collect tells it as labels of the value 1. A host's name may change while it
// runs, so it is asked every time.
func (c *uname) Collect(_ context.Context, sink collectors.Sink) error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	if c.labels == nil || u != c.last {
		c.last, c.labels = u, unameLabels(&u)
	}
	sink.Add("node_uname_info", 1, c.labels...)
	return nil
}

func unameLabels(u *unix.Utsname) []string {
	var out []string
	for _, l := range [...]struct {
		name  string
		value []byte
	}{
		{"domainname", u.Domainname[:]}, {"machine", u.Machine[:]}, {"nodename", u.Nodename[:]},
		{"release", u.Release[:]}, {"sysname", u.Sysname[:]}, {"version", u.Version[:]},
	} {
		if v := unix.ByteSliceToString(l.value); v != "" {
			out = append(out, l.name, v)
		}
	}
	return out
}

package host

import (
	"context"
	"strings"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// named turns the keys of a file into metric names, once per key: the lines of
// such a file stay the same, so a name is found again by its position.
type named struct {
	values procfs.Values
	keys   []string
	names  []string // "" is not collected
	name   func(v procfs.Value) string
}

// each calls add for every value that has a name.
func (n *named) each(add func(name string, v procfs.Value)) {
	for i, v := range n.values.Fields {
		if i == len(n.keys) {
			n.keys, n.names = append(n.keys, ""), append(n.names, "")
		}
		if n.keys[i] != v.Key {
			n.keys[i], n.names[i] = v.Key, n.name(v)
		}
		if n.names[i] != "" {
			add(n.names[i], v)
		}
	}
}

// meminfo is /proc/meminfo.
type meminfo struct {
	file  *procfs.File
	named named
}

func newMeminfo(o Options) *meminfo {
	return &meminfo{file: o.file("meminfo"), named: named{name: memName}}
}

// memName is node_exporter's: Active(anon) is node_memory_Active_anon_bytes.
func memName(v procfs.Value) string {
	key := strings.ReplaceAll(strings.ReplaceAll(v.Key, "(", "_"), ")", "")
	if v.KB {
		key += "_bytes"
	}
	return "node_memory_" + key
}

// Name is "meminfo".
func (*meminfo) Name() string { return "meminfo" }

// Collect reads /proc/meminfo.
func (c *meminfo) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	if err := procfs.ParseMeminfo(b, &c.named.values); err != nil {
		return err
	}
	c.named.each(func(name string, v procfs.Value) {
		n := float64(v.Value)
		if v.KB {
			n *= 1024
		}
		sink.Add(name, n)
	})
	return nil
}

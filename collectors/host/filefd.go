package host

import (
	"context"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// filefd is /proc/sys/fs/file-nr: file handles of the whole machine.
type filefd struct{ file *procfs.File }

func newFilefd(o Options) *filefd { return &filefd{file: o.file("sys/fs/file-nr")} }

// Name is "filefd".
func (*filefd) Name() string { return "filefd" }

// Collect reads /proc/sys/fs/file-nr.
func (c *filefd) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	n := procfs.ParseFileNr(b)
	sink.Add("node_filefd_allocated", float64(n.Allocated))
	sink.Add("node_filefd_maximum", float64(n.Max))
	return nil
}

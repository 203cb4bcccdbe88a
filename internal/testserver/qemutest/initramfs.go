package qemutest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// archive makes an initramfs of files, by absolute path, with the folders above
// them. Source: Documentation/driver-api/early-userspace/buffer-format.rst of
// the Linux kernel, "newc".
func archive(files map[string][]byte, folders ...string) []byte {
	all := map[string][]byte{}
	mode := map[string]fs.FileMode{}
	add := func(name string) {
		for dir := name; dir != "/" && dir != "."; dir = path.Dir(dir) {
			mode[dir] = 0o40755
		}
	}
	for _, name := range folders {
		add(name)
	}
	for name, content := range files {
		add(path.Dir(name))
		all[name], mode[name] = content, 0o100755
	}
	var b bytes.Buffer
	for i, name := range slices.Sorted(maps.Keys(mode)) { // folders come before what is in them
		entry(&b, i+1, name[1:], mode[name], all[name])
	}
	entry(&b, 0, "TRAILER!!!", 0, nil)
	return b.Bytes()
}

func entry(b *bytes.Buffer, inode int, name string, mode fs.FileMode, content []byte) {
	// magic, inode, mode, uid, gid, links, mtime, size, device (2), its own
	// device (2), length of the name with its zero byte, check (unused)
	fmt.Fprintf(b, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		inode, uint32(mode), 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	b.WriteString(name + "\x00")
	pad(b)
	b.Write(content)
	pad(b)
}

// pad fills up to four bytes.
func pad(b *bytes.Buffer) {
	for b.Len()%4 != 0 {
		b.WriteByte(0)
	}
}

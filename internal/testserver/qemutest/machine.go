package qemutest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	qemu    = "qemu-system-x86_64"
	busybox = "/bin/busybox"
)

// Machine says what to boot.
type Machine struct {
	// Files are there by their absolute paths, all executable; /bin/busybox and the
	// modules are added.
	Files map[string][]byte
	// Modules are loaded before Script, by their paths below
	// /lib/modules/VERSION/kernel, in this order.
	Modules []string
	// Script is the machine's only program: a shell script, with busybox's tools.
	// When it ends, the machine is switched off.
	Script string
	// Timeout bounds the machine's life.
	Timeout time.Duration
}

// Missing says what this machine lacks to boot another; "" when nothing.
func Missing() string {
	if _, err := exec.LookPath(qemu); err != nil {
		return "qemu: apt-get install -y --no-install-recommends qemu-system-x86"
	}
	if _, err := os.Stat(busybox); err != nil {
		return "busybox: apt-get install -y --no-install-recommends busybox-static"
	}
	if _, _, err := kernel(); err != nil {
		return err.Error()
	}
	return ""
}

// kernel is the newest one of which the modules are there.
func kernel() (image, modules string, err error) {
	root := os.Getenv("KERNEL_ROOT")
	if root == "" {
		root = "/"
	}
	found, _ := filepath.Glob(filepath.Join(root, "boot", "vmlinuz-*"))
	slices.Sort(found)
	for _, image := range slices.Backward(found) {
		version := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
		modules := filepath.Join(root, "lib", "modules", version, "kernel")
		if _, err := os.Stat(modules); err == nil {
			return image, modules, nil
		}
	}
	return "", "", errors.New("a kernel with modules: apt-get install -y --no-install-recommends linux-image-cloud-amd64 (or unpack it, and name the folder in KERNEL_ROOT)")
}

// prologue makes a machine of an empty one.
const prologue = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
`

// Boot runs the machine to its end and returns what its console showed. A
// machine that is reset ends too.
func Boot(tb testing.TB, m Machine) string {
	tb.Helper()
	image, modules, err := kernel()
	if err != nil {
		tb.Fatal(err)
	}
	files := map[string][]byte{"/bin/busybox": read(tb, busybox)}
	for name, content := range m.Files {
		files[name] = content
	}
	script := prologue
	for i, name := range m.Modules {
		to := fmt.Sprintf("/modules/%d.ko", i)
		files[to] = read(tb, filepath.Join(modules, name))
		script += "insmod " + to + "\n"
	}
	files["/init"] = []byte(script + m.Script + "\npoweroff -f\n")
	initrd := filepath.Join(tb.TempDir(), "initrd")
	if err := os.WriteFile(initrd, archive(files, "/proc", "/sys", "/dev", "/run", "/tmp"), 0o600); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), m.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, "-accel", "tcg", "-m", "256", "-nodefaults", "-nic", "none", "-display", "none", "-serial", "stdio",
		"-no-reboot", "-kernel", image, "-initrd", initrd, "-append", "console=ttyS0 panic=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%s: %v (%v)\n%s", qemu, err, ctx.Err(), out)
	}
	return string(out)
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

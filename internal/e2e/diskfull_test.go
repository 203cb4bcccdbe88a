//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// diskFull: the store's disk runs full in the middle of the work, is emptied,
// the server is killed on a full disk, started full and started with room.
// Every collection is found in the end.
func diskFull(t *testing.T) {
	needRoot(t, "a disk of its own (tmpfs)")
	w := newWorld(t)
	tmpfs(t, w.data, "size=192m")
	w.configure("store: {min_free: 16MiB, ballast: 8MiB}\n")
	w.serve()
	dir := w.enrol("node1")
	w.probe(dir)
	w.awaitSequence(5)

	say(t, "the disk runs full")
	filler := fill(t, w.data)
	before := w.lastSequence()
	eventually(t, 20*time.Second, "the server says that it is full", func() string {
		if _, err := w.try("/readyz"); err == nil {
			return "it says that it is ready"
		}
		return ""
	})
	say(t, "room again")
	remove(t, filler)
	w.awaitSequence(before + 10)

	say(t, "full again, and kill -9")
	filler = fill(t, w.data)
	time.Sleep(2 * time.Second) // collections meet the full disk
	w.server.kill()
	say(t, "started on the full disk")
	w.server = start(t, w.dir, "monitord", bin(t, "monitord"), "run", "--config", w.config, "--data", w.data)
	select {
	case <-w.server.done:
		say(t, "it refuses: %s", w.server.tail(3))
	case <-time.After(5 * time.Second):
		say(t, "it runs, without taking samples")
		w.server.kill()
	}
	say(t, "started with room")
	remove(t, filler)
	w.serve()
	w.settle()
	w.awaitSequence(w.lastSequence() + 2)
	w.settle()
	say(t, "%d collections, none lost", noHole(t, w.sequences("node1")))
}

// tmpfs mounts a disk of limited size for the length of the test.
func tmpfs(t *testing.T, dir, options string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		cannot(t, "mount tmpfs: "+err.Error())
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill writes a file until not a byte is left.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
	return path
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

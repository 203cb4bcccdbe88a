package trusted

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// nobody is Debian's user of that name.
const nobody = 65534

// tree makes a folder with a good program, bin/good, and returns it.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "bin/good"), nil, 0o755))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAProgramThatOnlyWeCanChangeIsTrusted(t *testing.T) {
	dir := tree(t)
	must(t, os.Symlink("../bin/good", filepath.Join(dir, "bin/link")))
	must(t, os.Symlink(dir+"/bin", filepath.Join(dir, "sbin")))
	for _, path := range []string{"bin/good", "bin/link", "sbin/link", "sbin/../bin/good"} {
		if err := Program(filepath.Join(dir, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := Program("/usr/bin/env"); err != nil {
		t.Error(err)
	}
	if err := Folder(filepath.Join(dir, "sbin")); err != nil {
		t.Error(err)
	}
	if err := File(filepath.Join(dir, "bin/good")); err != nil {
		t.Error(err)
	}
}

func TestWhatOthersCouldChangeIsRefused(t *testing.T) {
	chmod := func(path string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, path), mode)) }
	}
	chown := func(path string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if os.Geteuid() != 0 {
				t.Skip("not root: cannot give a file away")
			}
			must(t, os.Lchown(filepath.Join(dir, path), nobody, nobody))
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*testing.T, string)
		path string
		want error
	}{
		{"a file that its group may write", chmod("bin/good", 0o775), "bin/good", ErrWritable},
		{"a file that everybody may write", chmod("bin/good", 0o757), "bin/good", ErrWritable},
		{"a folder that everybody may write", chmod("bin", 0o777), "bin/good", ErrWritable},
		{"a folder higher up", chmod(".", 0o777), "bin/good", ErrWritable},
		{"a foreign file", chown("bin/good"), "bin/good", ErrOwner},
		{"a foreign folder", chown("bin"), "bin/good", ErrOwner},
		{"a file without x", chmod("bin/good", 0o644), "bin/good", ErrNotExecutable},
		{"a folder as a program", func(*testing.T, string) {}, "bin", ErrNotExecutable},
		{"nothing there", func(*testing.T, string) {}, "bin/none", fs.ErrNotExist},
		{"a link of somebody else", func(t *testing.T, dir string) {
			must(t, os.Symlink("good", filepath.Join(dir, "bin/link")))
			chown("bin/link")(t, dir)
		}, "bin/link", ErrOwner},
		{"a link into a foreign folder", func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, "open"), 0o777))
			must(t, os.Chmod(filepath.Join(dir, "open"), 0o777))
			must(t, os.Symlink("../bin/good", filepath.Join(dir, "open/middle")))
			must(t, os.Symlink("../open/middle", filepath.Join(dir, "bin/link")))
		}, "bin/link", ErrWritable},
		{"a link to itself", func(t *testing.T, dir string) {
			must(t, os.Symlink("loop", filepath.Join(dir, "bin/loop")))
		}, "bin/loop", ErrLinks},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t)
			tt.do(t, dir)
			if err := Program(filepath.Join(dir, tt.path)); !errors.Is(err, tt.want) {
				t.Errorf("got %v; want %v", err, tt.want)
			}
		})
	}
	if err := Program("bin/good"); !errors.Is(err, ErrNotAbsolute) {
		t.Errorf("relative: got %v", err)
	}
}

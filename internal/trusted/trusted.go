package trusted

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Why a program is not trusted.
var (
	ErrNotAbsolute   = errors.New("not an absolute path")
	ErrNotExecutable = errors.New("not an executable file")
	ErrOwner         = errors.New("belongs to another user")
	ErrWritable      = errors.New("is writable by others")
	ErrLinks         = errors.New("too many symbolic links")
)

// maxLinks is Linux' own bound (path_resolution(7)).
const maxLinks = 40

// Program says what is wrong with a program; nil: it may be started. The error
// names the file or folder at fault and what to do. It wraps one of the errors
// above, or the system's, such as fs.ErrNotExist.
//
// Nobody can make the answer untrue between the look and the start: whoever
// could is whom the answer trusts.
func Program(path string) error {
	final, info, err := walk(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s: %w (chmod 755 it, or name a program)", final, ErrNotExecutable)
	}
	return nil
}

// File is Program for a file that is only read or written: it need not be
// executable.
func File(path string) error {
	final, info, err := walk(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", final)
	}
	return err
}

// Folder is the same for a folder in which a file is made.
func Folder(path string) error {
	final, info, err := walk(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: not a folder", final)
	}
	return err
}

// walk follows a path from the root, component by component and link by link,
// and stops at the first that others could change.
func walk(path string) (string, os.FileInfo, error) {
	if !filepath.IsAbs(path) {
		return "", nil, fmt.Errorf("%s: %w (write the whole path: no PATH is searched)", path, ErrNotAbsolute)
	}
	at, rest := "/", strings.Split(filepath.Clean(path), "/")
	_, err := look("/")
	for links := 0; err == nil && len(rest) > 0; {
		next := rest[0]
		rest = rest[1:]
		switch next {
		case "", ".":
			continue
		case "..": // only out of a link's target: the path itself is clean
			at = filepath.Dir(at)
			continue
		}
		here := filepath.Join(at, next)
		var info os.FileInfo
		if info, err = look(here); err != nil {
			break
		}
		if info.Mode()&os.ModeSymlink == 0 {
			at = here
			continue
		}
		if links++; links > maxLinks {
			err = fmt.Errorf("%s: %w", path, ErrLinks)
			break
		}
		var target string
		if target, err = os.Readlink(here); err != nil {
			break
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if err != nil {
		return "", nil, err
	}
	info, err := os.Lstat(at) // the last step may have been ".."
	return at, info, err
}

// look judges one component.
func look(path string) (os.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid != 0 && int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s: %w (chown root it, with all that is above it)", path, ErrOwner)
	}
	mode := info.Mode()
	sticky := mode.IsDir() && mode&os.ModeSticky != 0
	if mode&os.ModeSymlink == 0 && mode.Perm()&0o022 != 0 && !sticky { // a link's own mode means nothing
		return nil, fmt.Errorf("%s: %w (chmod go-w it)", path, ErrWritable)
	}
	return info, nil
}

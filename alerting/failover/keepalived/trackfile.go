package keepalived

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"monitord/internal/trusted"
)

// maxTrackFile is what keepalived reads of one (track_file.c: 128 bytes).
const maxTrackFile = 128

// parseTrack reads a track file: one number, blanks around it.
func parseTrack(raw []byte) (int, error) {
	word := strings.TrimSpace(string(raw))
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("holds %.40q, not a number", word)
	}
	return int(n), nil
}

// readTrack is the number in the file.
func readTrack(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxTrackFile))
	if err != nil {
		return 0, err
	}
	n, err := parseTrack(raw)
	if err != nil {
		return 0, fmt.Errorf("track file %s %w (write 0 into it, or let keepalived do it with init_file)", path, err)
	}
	return n, nil
}

// writeTrack replaces the file in one step, with the mode that it has. keepalived
// never sees half of it.
func writeTrack(path string, n int) error {
	dir := filepath.Dir(path)
	if err := trusted.Folder(dir); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("track file %s is not a regular file", path)
	}
	f, err := os.CreateTemp(dir, ".track-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = fmt.Fprintf(f, "%d\n", n)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

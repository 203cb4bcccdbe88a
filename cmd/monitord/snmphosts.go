package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	unified "github.com/rogpeppe/go-internal/diff"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/hostfile"
)

// hostWriter writes drafted hosts, and the files of credentials that they name.
type hostWriter struct {
	out     string // file or folder; "" is stdout
	by      string // the verb that found the hosts
	diff    bool   // write nothing
	replace bool   // write over what is there
	stdout  io.Writer
	stderr  io.Writer

	wrote bool           // a file of hosts is new
	given credentialFile // of --credentials
	words []credentialFile
}

// credentialFile is one file of credentials that the hosts refer to.
type credentialFile struct {
	path  string
	words snmp.Credentials
	fresh bool // nothing is there yet
	hosts []string
}

// write writes all hosts; differs says that a file is there which says something
// else.
func (w *hostWriter) write(hosts []hostfile.Host) (differs bool, err error) {
	switch {
	case len(hosts) == 0:
		return false, nil
	case w.out == "":
		return false, w.print(hosts)
	case w.isFolder():
		for _, h := range hosts {
			other, err := w.file(filepath.Join(w.out, h.Name+".yaml"), []hostfile.Host{h})
			if err != nil {
				return differs, err
			}
			differs = differs || other
		}
	default:
		if differs, err = w.file(w.out, hosts); err != nil {
			return differs, err
		}
	}
	if err := w.writeWords(); err != nil {
		return differs, err
	}
	w.next()
	return differs, nil
}

func (w *hostWriter) isFolder() bool {
	info, err := os.Stat(w.out)
	return err == nil && info.IsDir() || strings.HasSuffix(w.out, "/")
}

// folder is where the file of credentials lies.
func (w *hostWriter) folder() string {
	switch {
	case w.out == "":
		return "/etc/monitord"
	case w.isFolder():
		return w.out
	}
	return filepath.Dir(w.out)
}

// maxWordFiles bounds the looking for a free name.
const maxWordFiles = 1000

// credentials is the file that holds these words: the one that was given, one that
// holds them already, or a new one.
func (w *hostWriter) credentials(words snmp.Credentials, host string) (string, error) {
	for i, f := range w.words {
		if f.words == words {
			w.words[i].hosts = append(f.hosts, host)
			return f.path, nil
		}
	}
	if w.given.path != "" && words == w.given.words {
		return filepath.Abs(w.given.path)
	}
	next := credentialFile{words: words, hosts: []string{host}}
	for n := 1; n <= maxWordFiles; n++ {
		base := "snmp.credentials"
		if n > 1 {
			base = fmt.Sprintf("snmp-%d.credentials", n)
		}
		path, err := filepath.Abs(filepath.Join(w.folder(), base))
		if err != nil {
			return "", err
		}
		free, same, err := w.look(path, words)
		if err != nil {
			return "", err
		}
		if free || same {
			next.path, next.fresh = path, free
			w.words = append(w.words, next)
			return path, nil
		}
	}
	return "", fmt.Errorf("%s holds %d files snmp-N.credentials: remove those that nothing uses", w.folder(), maxWordFiles)
}

// look says whether a file may be taken for the words: it is free, or holds them.
func (w *hostWriter) look(path string, words snmp.Credentials) (free, same bool, err error) {
	for _, f := range w.words {
		if f.path == path {
			return false, false, nil
		}
	}
	if w.out == "" {
		return true, false, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, false, nil
	} else if err != nil {
		return false, false, fmt.Errorf("read credentials: %w", err)
	}
	have, err := snmp.ParseCredentials(path, raw)
	return false, err == nil && have == words, nil
}

// writeWords writes the new files of credentials, for their owner only.
func (w *hostWriter) writeWords() error {
	if w.diff {
		return nil
	}
	for _, f := range w.words {
		if !f.fresh {
			continue
		}
		if err := writeNew(f.path, hostfile.Credentials(f.words), 0o600); err != nil {
			return fmt.Errorf("write credentials: %w", err)
		}
		fmt.Fprintf(w.stderr, "%s: written; give it to the user that monitord runs as\n", f.path)
	}
	return nil
}

// next says what comes after files were written.
func (w *hostWriter) next() {
	if w.wrote {
		fmt.Fprintf(w.stderr, "next: read it, then monitord config check %s && monitord reload\n", w.folder())
	}
}

func (w *hostWriter) head() string {
	return "# Made by monitord " + w.by + ". Change what you like.\n"
}

// print writes to standard output, with how to make the files of credentials.
func (w *hostWriter) print(hosts []hostfile.Host) error {
	var b bytes.Buffer
	b.WriteString(w.head())
	for _, f := range w.words {
		fmt.Fprintf(&b, "# Make %s, of mode 0600, with version and community, or user, of %s (--out does it).\n", f.path, hostfile.Comment(strings.Join(f.hosts, ", ")))
	}
	b.Write(hostfile.Write(hosts))
	_, err := w.stdout.Write(b.Bytes())
	return err
}

// file writes one file that is not there yet; of one that is, it shows what is
// different.
func (w *hostWriter) file(path string, hosts []hostfile.Host) (differs bool, err error) {
	text := append([]byte(w.head()), hostfile.Write(hosts)...)
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !w.diff:
		if err := writeNew(path, text, 0o640); err != nil {
			return false, err
		}
		w.wrote = true
		fmt.Fprintf(w.stderr, "%s: written, %s\n", path, hostsSay(len(hosts)))
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case bytes.Equal(old, text):
		fmt.Fprintf(w.stderr, "%s: nothing has changed\n", path)
		return false, nil
	case w.replace:
		w.wrote = true
		fmt.Fprintf(w.stderr, "%s: written over, %s\n", path, hostsSay(len(hosts)))
		return false, replaceFile(path, text)
	}
	if _, err := w.stdout.Write(unified.Diff(path, old, path+" as found now", text)); err != nil {
		return true, err
	}
	fmt.Fprintf(w.stderr, "%s: differs, and was left as it is (--replace writes it over)\n", path)
	return true, nil
}

func hostsSay(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}

// writeNew writes a file that must not be there, in a folder that is made.
func writeNew(path string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// replaceFile puts a new file in the place of one, keeping its mode.
func replaceFile(path string, data []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := writeNew(temp, data, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

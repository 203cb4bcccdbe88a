package config

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Fault is one thing wrong with a value, found by a Validate method. The
// decoder puts file, line, column and the path from the root in front of it.
type Fault struct {
	Path    string // relative to the value validated, such as "tls.cert_file"; "" is the value itself
	Problem string // what is wrong, and what is wanted: `got 90s; want less than interval (60s)`
}

// Error writes path and problem.
func (f Fault) Error() string {
	if f.Path == "" {
		return f.Problem
	}
	return f.Path + ": " + f.Problem
}

// Faultf makes a Fault as an error, for errors.Join in a Validate method.
func Faultf(path, format string, args ...any) error {
	return Fault{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// Secret is a password or key. In configuration it is {file: PATH}, read when
// it is needed, so that it is in no page, no log and no dump.
type Secret struct {
	File string `yaml:"file"`
}

const hidden = "<hidden>"

// String hides; use Read.
func (s Secret) String() string { return hidden }

// LogValue hides.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// IsZero reports whether no secret is configured.
func (s Secret) IsZero() bool { return s.File == "" }

// Read returns the secret without its last line break. The error names the
// file, never what is in it.
func (s Secret) Read() (string, error) {
	b, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

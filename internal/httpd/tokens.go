package httpd

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// Tokens are the API tokens: names by the hash of their secret. Nil is none.
type Tokens struct {
	byHash map[string]string
}

// NewToken makes a secret, shown once, and the line of the tokens file that
// stands for it.
func NewToken(name string) (secret, line string) {
	secret = newSecret()
	return secret, name + " " + hashOf(secret)
}

// LoadTokens reads a tokens file: a name and the SHA-256 of the secret in
// hexadecimal on each line; # begins a comment. An empty path is no token.
func LoadTokens(path string) (*Tokens, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read API tokens: %w", err)
	}
	defer f.Close()
	t, err := parseTokens(f)
	if err != nil {
		return nil, fmt.Errorf("read API tokens %s: %w", path, err)
	}
	return t, nil
}

func parseTokens(r io.Reader) (*Tokens, error) {
	t := &Tokens{byHash: map[string]string{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d: want NAME SHA256", n)
		}
		sum, err := hex.DecodeString(fields[1])
		if err != nil || len(sum) != 32 {
			return nil, fmt.Errorf("line %d: token %s: want the SHA-256 of the secret, 64 hexadecimal digits", n, fields[0])
		}
		t.byHash[hex.EncodeToString(sum)] = fields[0]
	}
	return t, lines.Err()
}

// find looks the hash up: what an attacker could time is the hash, not the secret.
func (t *Tokens) find(secret string) (string, bool) {
	if t == nil {
		return "", false
	}
	name, ok := t.byHash[hashOf(secret)]
	return name, ok
}

package pki

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Why a token is refused. Each error tells how to go on.
var (
	ErrTokenUnknown = errors.New("token is not known here: make one with `monitord probe add HOST` on this server")
	ErrTokenUsed    = errors.New("token was used already; if the probe never got its answer, make another with `monitord probe add HOST`")
	ErrTokenExpired = errors.New("token has expired: make another with `monitord probe add HOST`")
	ErrTokenText    = errors.New("this is no enrolment token: copy the whole word that starts with monitord-1. from `monitord probe add HOST`")
)

const (
	tokenPrefix = "monitord-1."
	secretBytes = 20
	usedKept    = 30 * 24 * time.Hour // how long a used or expired token can still be told from an unknown one
)

// Token is what a token's text carries.
type Token struct {
	Secret      string            // what is sent to the server, once its CA is known to be right
	Fingerprint [sha256.Size]byte // SHA-256 of the CA certificate (DER)
}

// String is the text that people copy.
func (t Token) String() string {
	b := append([]byte(t.Secret), t.Fingerprint[:]...)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// ParseToken reads the text of a token; spaces and line breaks around it are fine.
func ParseToken(text string) (Token, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), tokenPrefix)
	if !ok {
		return Token{}, ErrTokenText
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(b) != hex.EncodedLen(secretBytes)+sha256.Size {
		return Token{}, ErrTokenText
	}
	n := hex.EncodedLen(secretBytes)
	if _, err := hex.DecodeString(string(b[:n])); err != nil {
		return Token{}, ErrTokenText
	}
	return Token{Secret: string(b[:n]), Fingerprint: [sha256.Size]byte(b[n:])}, nil
}

// tokenFile is the content of tokens/HASH.json. The secret itself is nowhere.
type tokenFile struct {
	Host    string    `json:"host"`
	Expires time.Time `json:"expires"`
}

// NewToken makes a token that enrols one probe for host within ttl.
func (a *Authority) NewToken(host string, ttl time.Duration) (string, error) {
	if err := CheckHost(host); err != nil {
		return "", err
	}
	a.pruneTokens()
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails (Go 1.24)
	token := Token{Secret: hex.EncodeToString(raw), Fingerprint: sha256.Sum256(a.ca.Raw)}
	body, err := json.Marshal(tokenFile{Host: host, Expires: a.now().Add(ttl).UTC()})
	if err != nil {
		return "", fmt.Errorf("encode token: %w", err)
	}
	if err := WriteFile(a.tokenPath(token.Secret, "json"), body, 0o600); err != nil {
		return "", fmt.Errorf("keep token: %w", err)
	}
	return token.String(), nil
}

// takeToken uses a token up and tells its host. The rename is what makes it work
// once, whoever else tries at the same time.
func (a *Authority) takeToken(secret string) (string, error) {
	path, used := a.tokenPath(secret, "json"), a.tokenPath(secret, "used")
	body, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(used); err == nil {
			return "", ErrTokenUsed
		}
		return "", ErrTokenUnknown
	}
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	var t tokenFile
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&t); err != nil {
		return "", fmt.Errorf("read token %s: %w", path, err)
	}
	if !a.now().Before(t.Expires) {
		return "", fmt.Errorf("%w (it was good for %s until %s)", ErrTokenExpired, t.Host, t.Expires.Format(time.RFC3339))
	}
	if err := os.Rename(path, used); errors.Is(err, os.ErrNotExist) {
		return "", ErrTokenUsed
	} else if err != nil {
		return "", fmt.Errorf("use token: %w", err)
	}
	return t.Host, syncDir(filepath.Dir(path))
}

// pruneTokens forgets tokens that ended long ago. What cannot be removed today
// is removed another day: it can do no harm.
func (a *Authority) pruneTokens() {
	files, _ := filepath.Glob(a.path("tokens", "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && a.now().Sub(info.ModTime()) > usedKept {
			_ = os.Remove(f)
		}
	}
}

func (a *Authority) tokenPath(secret, ext string) string {
	sum := sha256.Sum256([]byte(secret))
	return a.path("tokens", hex.EncodeToString(sum[:])+"."+ext)
}

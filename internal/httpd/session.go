package httpd

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// sessionLife is how long a login lasts: a working day.
const sessionLife = 12 * time.Hour

// maxSessions bounds the store; the one that ends first gives way.
const maxSessions = 1000

// Session is one login.
type Session struct {
	User    string    `json:"user"`
	Expires time.Time `json:"expires"`
}

// SessionStore keeps sessions by the hash of their secret; the secret itself is
// only in the browser. It is safe for concurrent use.
type SessionStore interface {
	Put(hash string, s Session) error
	Get(hash string) (Session, bool)
	Delete(hash string) error
}

// Sessions is a SessionStore in memory, and in a file when it has one.
type Sessions struct {
	path string
	mu   sync.Mutex
	all  map[string]Session
}

// NewSessions keeps sessions in memory.
func NewSessions() *Sessions { return &Sessions{all: map[string]Session{}} }

// OpenSessions keeps sessions in a file (0600), so that a restart logs nobody
// out. A damaged file is an error that says how to go on.
func OpenSessions(path string) (*Sessions, error) {
	s := NewSessions()
	s.path = path
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	if err := json.Unmarshal(raw, &s.all); err != nil {
		return nil, fmt.Errorf("read sessions %s: %w (remove the file; everybody logs in again)", path, err)
	}
	if s.all == nil {
		s.all = map[string]Session{}
	}
	return s, nil
}

// Get returns a session, ended or not.
func (s *Sessions) Get(hash string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.all[hash]
	return got, ok
}

// Put adds a session and drops what is one too many.
func (s *Sessions) Put(hash string, session Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[hash] = session
	for len(s.all) > maxSessions {
		oldest := hash
		for h, one := range s.all {
			if one.Expires.Before(s.all[oldest].Expires) {
				oldest = h
			}
		}
		delete(s.all, oldest)
	}
	return s.save()
}

// Delete ends a session.
func (s *Sessions) Delete(hash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, hash)
	return s.save()
}

// save writes the file whole, or not at all.
func (s *Sessions) save() error {
	if s.path == "" {
		return nil
	}
	raw, err := json.Marshal(maps.Clone(s.all))
	if err != nil {
		return fmt.Errorf("write sessions: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), ".sessions-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write sessions: %w", err)
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		return fmt.Errorf("write sessions: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// session finds the session of a request.
func (a *Auth) session(r *http.Request) (secret string, s Session, ok bool) {
	c, err := r.Cookie(a.cookie)
	if err != nil || len(c.Value) != secretLength {
		return "", Session{}, false
	}
	s, ok = a.deps.Sessions.Get(hashOf(c.Value))
	if !ok || !a.deps.Now().Before(s.Expires) {
		return "", Session{}, false
	}
	return c.Value, s, true
}

// begin logs a user in.
func (a *Auth) begin(w http.ResponseWriter, r *http.Request, user string) error {
	secret := newSecret()
	err := a.deps.Sessions.Put(hashOf(secret), Session{User: user, Expires: a.deps.Now().Add(sessionLife)})
	if err != nil {
		return err
	}
	a.setCookie(w, r, secret, int(sessionLife/time.Second))
	return nil
}

func (a *Auth) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: a.cookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

func (a *Auth) logout(w http.ResponseWriter, r *http.Request) {
	if secret, _, ok := a.session(r); ok {
		if err := a.deps.Sessions.Delete(hashOf(secret)); err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
	}
	a.setCookie(w, r, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// secretLength is that of newSecret's text: 256 bits in hexadecimal.
const secretLength = 64

func newSecret() string {
	var b [secretLength / 2]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// hashOf is what is stored of a secret. A secret of 256 random bits needs no salt.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

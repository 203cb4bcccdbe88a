package httpd

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"monitord/internal/text"
)

// User is who asks.
type User struct {
	Name string // for the journal
	Via  string // ViaSession, ViaToken, ViaCertificate or ViaControl
}

// The ways to be identified.
const (
	ViaSession     = "session"
	ViaToken       = "token"
	ViaCertificate = "certificate"
	ViaControl     = "control"
)

type userKey struct{}

// Identity says who asks; false when nobody was identified.
func Identity(ctx context.Context) (User, bool) {
	u, ok := ctx.Value(userKey{}).(User)
	return u, ok
}

// WithIdentity marks a request as u's.
func WithIdentity(ctx context.Context, u User) context.Context {
	return context.WithValue(ctx, userKey{}, u)
}

// Deps is what Auth needs of the world.
type Deps struct {
	Logger   *slog.Logger
	Now      func() time.Time
	Text     *text.Catalogue
	Sessions SessionStore
	// Tokens are the API tokens; nil is none.
	Tokens *Tokens
	// ClientUser says whom a verified client certificate stands for; false for
	// one that is no person's, such as a probe's. Nil is: no certificate.
	ClientUser func(*x509.Certificate) (name string, ok bool)
	// Open lists paths that need no identity to be read even under `auth:
	// always`, because they protect themselves or tell nothing. One that ends in
	// '/' stands for all below it.
	Open []string
}

// Auth guards a handler and identifies who asks.
type Auth struct {
	cfg    Config
	deps   Deps
	logger *slog.Logger
	names  []string
	cookie string
	links  *links
}

// NewAuth makes the guard of one listener. Address is where it really listens.
func NewAuth(cfg *Config, address net.Addr, deps Deps) *Auth {
	a := &Auth{cfg: *cfg, deps: deps, logger: deps.Logger, links: newLinks()}
	for _, name := range cfg.Names {
		a.names = append(a.names, strings.ToLower(name))
	}
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Host != "" {
		if name, ok := hostName(u.Host); ok {
			a.names = append(a.names, name)
		}
	}
	// A browser sends cookies to every port of a host: the port keeps two
	// servers on one machine from logging each other out.
	a.cookie = "monitord_session"
	if tcp, ok := address.(*net.TCPAddr); ok {
		a.cookie += "_" + tcp.AddrPort().String()[strings.LastIndexByte(tcp.AddrPort().String(), ':')+1:]
		if ip := tcp.IP; ip != nil && !ip.IsUnspecified() {
			a.names = append(a.names, ip.String())
		}
	}
	return a
}

// Wrap guards next, which holds every page and API of the listener except
// /login and /logout.
func (a *Auth) Wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.loginPage)
	mux.HandleFunc("POST /login", a.login)
	mux.Handle("POST /logout", RequireWrite(http.HandlerFunc(a.logout)))
	mux.Handle("/", next)
	return a.headers(a.recover(a.sameOrigin(a.identify(a.requireRead(mux)))))
}

// identify finds out who asks. A token that is wrong is refused even where
// reading is open: its owner should learn it.
func (a *Auth) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if secret, ok := bearer(r.Header.Get("Authorization")); ok {
			name, ok := a.deps.Tokens.find(secret)
			if !ok {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				http.Error(w, "the API token is not known", http.StatusUnauthorized)
				return
			}
			ctx = WithIdentity(ctx, User{name, ViaToken})
		} else if secret, s, ok := a.session(r); ok {
			ctx = WithIdentity(ctx, User{s.User, ViaSession})
			ctx = context.WithValue(ctx, csrfKey{}, csrfToken(secret))
		} else if name, ok := a.certificate(r); ok {
			ctx = WithIdentity(ctx, User{name, ViaCertificate})
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (a *Auth) certificate(r *http.Request) (string, bool) {
	if a.deps.ClientUser == nil || r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return "", false
	}
	return a.deps.ClientUser(r.TLS.PeerCertificates[0])
}

// requireRead sends strangers to the login where reading is not open.
func (a *Auth) requireRead(next http.Handler) http.Handler {
	if a.cfg.Auth != AuthAlways && a.cfg.Loopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := Identity(r.Context()); ok || a.isOpen(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "log in, or send an API token", http.StatusUnauthorized)
	})
}

func (a *Auth) isOpen(path string) bool {
	return path == "/login" || slices.ContainsFunc(a.deps.Open, func(open string) bool {
		return path == open || strings.HasSuffix(open, "/") && strings.HasPrefix(path, open)
	})
}

// RequireWrite lets through who is identified, a session only with its CSRF
// token: the header X-CSRF-Token, or the form field csrf.
func RequireWrite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, ok := Identity(r.Context())
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "log in, or send an API token", http.StatusUnauthorized)
			return
		}
		if u.Via == ViaSession && !csrfGood(w, r) {
			http.Error(w, "the form is not from this session; load the page again", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type csrfKey struct{}

// CSRF is the token that forms of this request's session send back as "csrf",
// and scripts as the header X-CSRF-Token; "" without a session.
func CSRF(r *http.Request) string {
	token, _ := r.Context().Value(csrfKey{}).(string)
	return token
}

// csrfToken is derived from the session's secret, so that nothing is stored.
func csrfToken(secret string) string {
	sum := sha256.Sum256([]byte("csrf:" + secret))
	return hex.EncodeToString(sum[:])
}

// maxFormBytes bounds a form that is read only to find its token.
const maxFormBytes = 1 << 20

func csrfGood(w http.ResponseWriter, r *http.Request) bool {
	got := r.Header.Get("X-CSRF-Token")
	if got == "" {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
		got = r.PostFormValue("csrf")
	}
	want := CSRF(r)
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

func bearer(header string) (string, bool) {
	scheme, secret, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(secret), true
}

package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"monitord/internal/logkeys"
)

// contentPolicy lets nothing run or be loaded that is not ours: names and log
// lines on the pages are written by strangers.
const contentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

func (a *Auth) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// A login link in an address must not travel on; a form's Origin must.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// recover turns a panic into one failed request.
func (a *Auth) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &touched{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.logger.Error("request panicked", logkeys.Component, "httpd", logkeys.Path, logPath(r.URL.Path), logkeys.Err, p, "stack", string(debug.Stack()))
			if t.sent {
				panic(http.ErrAbortHandler) // half an answer must not look whole
			}
			http.Error(w, "internal error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(t, r)
	})
}

// logPath is a path without what is secret in it: the token of a signed link.
func logPath(path string) string {
	if strings.HasPrefix(path, "/ack/") {
		return "/ack/…"
	}
	return path
}

// touched remembers whether an answer has begun.
type touched struct {
	http.ResponseWriter
	sent bool
}

// WriteHeader implements http.ResponseWriter.
func (t *touched) WriteHeader(status int) { t.sent = true; t.ResponseWriter.WriteHeader(status) }

// Write implements http.ResponseWriter.
func (t *touched) Write(p []byte) (int, error) { t.sent = true; return t.ResponseWriter.Write(p) }

// Flush implements http.Flusher.
func (t *touched) Flush() { t.sent = true; _ = http.NewResponseController(t.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (t *touched) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// sameOrigin refuses what another site's page sends: a name that is not ours
// (DNS rebinding), a foreign Origin, and a change that a browser says comes
// from elsewhere.
func (a *Auth) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := hostName(r.Host)
		if !ok || !a.known(name) {
			http.Error(w, "Host is not a name of this server (add it to http.names)", http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !a.ownOrigin(origin, r.Host) {
			http.Error(w, "Origin is another site", http.StatusForbidden)
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); unsafe(r.Method) && site != "" && site != "same-origin" && site != "none" {
			http.Error(w, "the request comes from another site", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unsafe reports whether a method may change something (RFC 9110 section 9.2.1).
func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// known reports whether name is one of ours: configured, or loopback's own.
func (a *Auth) known(name string) bool {
	return isLoopback(name) || slices.Contains(a.names, name)
}

// ownOrigin reports whether origin is the address asked, or a configured name
// (a proxy may have rewritten Host). Another port of loopback is another site.
func (a *Auth) ownOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	if strings.EqualFold(u.Host, host) {
		return true
	}
	name, ok := hostName(u.Host)
	return ok && !isLoopback(name) && slices.Contains(a.names, name)
}

// hostName takes a Host header apart: the name in lower case, without port,
// brackets and the root's dot. It is false for what is no host.
func hostName(host string) (string, bool) {
	name := host
	if strings.HasPrefix(host, "[") || strings.Count(host, ":") == 1 {
		if before, ok := strings.CutSuffix(host, "]"); ok {
			name = strings.TrimPrefix(before, "[")
		} else {
			h, port, err := net.SplitHostPort(host)
			if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
				return "", false
			}
			name = h
		}
		if strings.HasPrefix(host, "[") != strings.Contains(name, ":") {
			return "", false
		}
	}
	if strings.Contains(name, ":") {
		ip, err := netip.ParseAddr(name)
		return name, err == nil && ip.Zone() == ""
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || len(name) > 253 {
		return "", false
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_", r) {
			return "", false
		}
	}
	return name, true
}

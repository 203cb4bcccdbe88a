package httpd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds of a connection. A browser or probe on a bad line stays well within
// them; a client that holds connections open by trickling does not.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	maxConnections = 1024
	writeStall     = 30 * time.Second // a reader that takes nothing for so long is cut
	bodyGrace      = 20 * time.Second // a body may be this late …
	bodyRate       = 8 << 10          // … at this many bytes per second
	shutdownGrace  = 5 * time.Second
)

// Server serves one handler on one listener.
type Server struct {
	ln      net.Listener
	handler http.Handler
	tls     *tls.Config
	logger  *slog.Logger
	limits  limits
}

// limits are the bounds that tests shorten.
type limits struct {
	header, writeStall, bodyGrace, shutdown time.Duration
	bodyRate                                int
}

// NewServer serves handler on ln, with TLS unless tlsConfig is nil. Run owns ln.
func NewServer(ln net.Listener, tlsConfig *tls.Config, handler http.Handler, logger *slog.Logger) *Server {
	return &Server{ln: ln, tls: tlsConfig, handler: handler, logger: logger,
		limits: limits{headerTimeout, writeStall, bodyGrace, shutdownGrace, bodyRate}}
}

// ServerTLS loads the configured certificate, anew for each handshake that finds
// the files changed. Nil when TLS is not configured. Client certificates are
// asked for when clientCAs is not nil.
func ServerTLS(cfg *Config, clientCAs *x509.CertPool) (*tls.Config, error) {
	if !cfg.TLS.Enabled() {
		return nil, nil
	}
	certs := &certFiles{cert: cfg.TLS.CertFile, key: cfg.TLS.KeyFile}
	if _, err := certs.get(nil); err != nil {
		return nil, err
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certs.get}
	if clientCAs != nil {
		out.ClientAuth, out.ClientCAs = tls.VerifyClientCertIfGiven, clientCAs
	}
	return out, nil
}

// Run serves until ctx ends: then event streams end at once, other requests get
// five seconds, and what is left is cut.
func (s *Server) Run(ctx context.Context) error {
	base, cutAll := context.WithCancel(context.WithoutCancel(ctx))
	defer cutAll()
	srv := &http.Server{
		Handler:           s.guard(ctx, s.handler),
		ReadHeaderTimeout: s.limits.header,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		TLSConfig:         s.tls,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		// A stalled HTTP/2 peer is cut by the same rule as an HTTP/1 one.
		HTTP2: &http.HTTP2Config{WriteByteTimeout: s.limits.writeStall, SendPingTimeout: idleTimeout},
	}
	ended := make(chan error, 1)
	ln := netutil.LimitListener(s.ln, maxConnections)
	go func() {
		if s.tls != nil {
			ended <- srv.ServeTLS(ln, "", "")
			return
		}
		ended <- srv.Serve(ln)
	}()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serve %s: %w", s.ln.Addr(), err), srv.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(base, s.limits.shutdown)
	defer cancel()
	err := srv.Shutdown(grace)
	if err != nil { // time is up: end what is left
		cutAll()
		err = srv.Close()
	}
	<-ended
	return err
}

// guard applies what holds for every request of this listener.
func (s *Server) guard(stopping context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			// A stream never ends by itself; shutdown must not wait for it.
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(stopping, cancel)()
			r = r.WithContext(ctx)
		}
		slow, body := s.pace(w, r)
		if body != nil {
			r.Body = body
		}
		next.ServeHTTP(slow, r)
	})
}

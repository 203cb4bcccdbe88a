package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"monitord/internal/httpd"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// openWeb opens the pages' listener, so that a taken port is known at once, and
// puts the guard in front of the handlers.
func (s *server) openWeb(ctx context.Context, cfg *httpd.Config) error {
	listener, err := httpd.Listen(ctx, cfg)
	if err != nil {
		return err
	}
	s.listener = listener
	s.baseURL, s.messageURL = baseURL(cfg, listener.Addr()), cfg.MessageURL(listener.Addr())
	sessions, err := httpd.OpenSessions(filepath.Join(s.data, "sessions.json"))
	if err != nil {
		return err
	}
	var tokens *httpd.Tokens
	if cfg.TokensFile != "" {
		if tokens, err = httpd.LoadTokens(cfg.TokensFile); err != nil {
			return err
		}
	}
	s.auth = httpd.NewAuth(cfg, listener.Addr(), httpd.Deps{
		Logger: s.log, Now: time.Now, Text: text.Default(), Sessions: sessions, Tokens: tokens,
		Open: []string{"/healthz", "/readyz", "/assets/", "/ack/"},
	})
	tlsConfig, err := httpd.ServerTLS(cfg, nil)
	if err != nil {
		return err
	}
	s.log.Info("serving pages", logkeys.URL, s.baseURL)
	s.web = httpd.NewServer(listener, tlsConfig, s.auth.Wrap(s.webHandler()), s.log)
	return nil
}

// baseURL is where the pages are reached from here: in login links, and in
// mails when nothing better is known.
func baseURL(cfg *httpd.Config, addr net.Addr) string {
	scheme, host := "http", addr.String()
	if cfg.TLS.Enabled() {
		scheme = "https"
	}
	if len(cfg.Names) > 0 {
		_, port, err := net.SplitHostPort(host)
		if err == nil {
			host = net.JoinHostPort(cfg.Names[0], port)
		}
	}
	return scheme + "://" + host
}

// webHandler is every path of the pages' listener.
func (s *server) webHandler() http.Handler {
	api := s.store.API()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.Handle("POST /api/v1/write", httpd.RequireWrite(s.store.WriteHandler(nil)))
	mux.Handle("/api/v1/", api) // POST too: Grafana asks long questions so
	pages := s.pages.Handler()
	mux.Handle("/ack/{token}", pages) // its token is the right to write
	mux.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			pages.ServeHTTP(w, r)
			return
		}
		httpd.RequireWrite(pages).ServeHTTP(w, r)
	}))
	return mux
}

// readyz answers 200 while samples are taken and the journal can be written.
func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	var problems []string
	if err := s.store.Ready(); err != nil {
		problems = append(problems, "store: "+err.Error())
	}
	if err := s.journal.Healthy(); err != nil {
		problems = append(problems, "journal: "+err.Error())
	}
	if len(problems) > 0 {
		http.Error(w, strings.Join(problems, "\n"), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// debugHandler serves profiles; only the control socket has it.
func debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

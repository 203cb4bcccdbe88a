// Command webtest serves the pages with made-up data, for looking at them and
// for the browser tests: one night with a fault, a storm, a calm day, hostile
// names, an empty server, a store that does not answer, and a fleet whose trends
// are judged.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"monitord/dashboards"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "webtest:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	beat := flag.Duration("beat", 2*time.Second, "turn of the ring")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	mux := http.NewServeMux()
	done, running := make(chan error, 2*len(scenes)), 0
	start := func(run func(context.Context) error) {
		running++
		go func() { done <- run(ctx) }()
	}
	// Each scene is a server of its own, told apart by the name in Host:
	// storm.localhost:PORT shows the storm.
	handlers := map[string]http.Handler{}
	for name, make := range scenes {
		scene := make()
		deps, links := scene.deps(*beat), newLinks(scene)
		deps.Claims = links.desk
		pages, err := dashboards.New(deps)
		if err != nil {
			return err
		}
		one := http.NewServeMux()
		one.HandleFunc("GET /webtest/link/{incident}/{lang}", links.redirect)
		one.Handle("/", pages.Handler())
		handlers[name] = one
		if scene.foreseen != nil {
			handlers[name] = scene.foreseen.after(one)
			start(scene.judge)
		}
		start(pages.Run)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.Host, ".")
		h := handlers[name]
		if h == nil {
			h = handlers["night"]
		}
		h.ServeHTTP(w, r)
	})
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", l.Addr())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	srv.Serve(l) // ends with Close
	for range running {
		<-done
	}
	return nil
}

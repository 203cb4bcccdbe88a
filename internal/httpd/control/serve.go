package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"monitord/internal/httpd"
)

// grace is what running requests get when the server stops.
const grace = 5 * time.Second

// Serve serves handler on a listener of Listen until ctx ends. Each request is
// identified (httpd.Identity) as the user at the other end.
func Serve(ctx context.Context, ln net.Listener, handler http.Handler, logger *slog.Logger) error {
	base, cutAll := context.WithCancel(context.WithoutCancel(ctx))
	defer cutAll()
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			cred, err := peer(conn)
			if err != nil {
				return ctx // without an identity, nothing may be changed
			}
			return httpd.WithIdentity(ctx, httpd.User{Name: userName(cred.Uid), Via: httpd.ViaControl})
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("serve control socket: %w", err), srv.Close())
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(base, grace)
	defer cancel()
	err := srv.Shutdown(limit)
	if err != nil {
		cutAll()
		err = srv.Close()
	}
	<-ended
	return err
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "uid " + id
}

// BaseURL is what requests of Client begin with.
const BaseURL = "http://control"

// Client speaks to the server that runs on a data directory. Its requests go to
// BaseURL + path. When no server runs, the error says so and how to start one.
func Client(dataDir string) *http.Client {
	path := Path(dataDir)
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
			switch {
			case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
				return nil, fmt.Errorf("no monitord runs on %s (start it with `monitord run --data %s`): %w", dataDir, dataDir, err)
			case errors.Is(err, syscall.EACCES):
				return nil, fmt.Errorf("no right to speak to the server (be root, or its user): %w", err)
			}
			return conn, err
		},
	}}
}

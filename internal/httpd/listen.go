package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen opens the configured listener. It refuses what Config.Validate
// refuses. A taken port is named with its owner, as far as we may see it.
func Listen(ctx context.Context, cfg *Config) (net.Listener, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("listen %s: %w", cfg.Listen, err)
	}
	address := cfg.Listen
	if host, port, _ := net.SplitHostPort(address); host == "localhost" {
		// The resolver has no say in what is loopback.
		address = net.JoinHostPort("127.0.0.1", port)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen %s: the port is taken by %s; stop it, or choose another port (--listen 127.0.0.1:8470): %w", cfg.Listen, PortOwner("tcp", address), err)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("listen %s: no right to use a port below 1024; choose another port (--listen 127.0.0.1:8460) or grant CAP_NET_BIND_SERVICE: %w", cfg.Listen, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", cfg.Listen, err)
	}
	return ln, nil
}

package replies

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/internal/ratelimit"
)

// Bounds. A relay stays well within them.
const (
	maxMailBytes       = 1 << 20 // of one mail; what is larger is refused with 552
	maxConnBytes       = 4 << 20 // that one connection may send
	maxConnections     = 20
	mailsPerConnection = 20
	stepTimeout        = time.Minute     // for each command, and for the whole of a mail
	connTimeout        = 5 * time.Minute // for a connection
	shutdownGrace      = 2 * time.Second
	notesPerMinute     = 30 // refusals written to the journal; beyond, they are only counted
)

// Claims is what a reply needs of claim.Desk.
type Claims interface {
	Find(token string) (claim.Claim, error)
	Take(ctx context.Context, c claim.Claim, way, reason string, until time.Time) (claim.Outcome, alerting.Ack, error)
	Give(ctx context.Context, c claim.Claim, way string) (claim.Outcome, error)
}

// Deps is what the server uses of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Claims Claims
	// OurFrom is the address that our own mails come from: what comes from there
	// is a loop. Nil, or "": it is not known.
	OurFrom func() string
	// Journal keeps an event. It must not block; an event that it loses was
	// counted.
	Journal  func(alerting.Event)
	TLS      *tls.Config           // offers STARTTLS; nil: it is not offered
	Registry prometheus.Registerer // nil: no metrics are exposed
}

// Server takes replies on one listener.
type Server struct {
	config   Config
	deps     Deps
	ln       net.Listener
	networks []netip.Prefix
	words    *words
	notes    *ratelimit.Limiter
	replies  *prometheus.CounterVec
	open     sync.WaitGroup // connections
	active   sync.WaitGroup // mails being judged
	limits   limits

	mu      sync.Mutex
	conns   map[*conn]struct{}
	cut     bool // every connection is to end
	unnoted int  // refusals not in the journal since the last that is
}

// limits are the bounds that tests shorten.
type limits struct {
	connBytes int64
	grace     time.Duration
}

// Listen opens the listener of a valid configuration.
func Listen(ctx context.Context, c Config) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("replies: listen %s: the port is taken (ss -ltnp shows by whom): stop it, or choose another port and tell the relay: %w", c.Listen, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("replies: listen %s: no right to use a port below 1024: choose another one and tell the relay, or grant CAP_NET_BIND_SERVICE: %w", c.Listen, err)
	case err != nil:
		return nil, fmt.Errorf("replies: listen %s: %w", c.Listen, err)
	}
	return ln, nil
}

// New makes a server of a valid configuration; Run owns ln.
func New(c Config, ln net.Listener, deps Deps) (*Server, error) {
	s := &Server{config: c, deps: deps, ln: ln, conns: map[*conn]struct{}{}, notes: ratelimit.New(notesPerMinute, time.Minute, 1),
		limits: limits{maxConnBytes, shutdownGrace}}
	for _, text := range c.Networks {
		p, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		s.networks = append(s.networks, p)
	}
	var err error
	if s.words, err = readWords(); err != nil {
		return nil, err
	}
	s.replies = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "monitord_replies_total", Help: "Replies by mail, and refused connections, by outcome.",
	}, []string{"outcome"})
	if deps.Registry != nil {
		deps.Registry.MustRegister(s.replies)
	}
	return s, nil
}

// Run serves until ctx ends; then dialogues under way get two seconds.
func (s *Server) Run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{s: s, ctx: working}, nil
	}))
	srv.Domain, srv.TLSConfig = s.config.Hostname, s.deps.TLS
	if srv.Domain == "" {
		srv.Domain = s.config.Domain
	}
	srv.MaxRecipients, srv.MaxMessageBytes = 1, maxMailBytes
	srv.ReadTimeout, srv.WriteTimeout = stepTimeout, stepTimeout
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = slog.NewLogLogger(s.deps.Logger.Handler(), slog.LevelDebug)
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(netutil.LimitListener(gate{s.ln, s}, maxConnections)) }()
	select {
	case err := <-ended:
		s.cutAll()
		s.wait()
		return errors.Join(fmt.Errorf("serve replies on %s: %w", s.ln.Addr(), err), srv.Close())
	case <-ctx.Done():
	}
	grace := time.AfterFunc(s.limits.grace, s.cutAll)
	defer grace.Stop()
	err := srv.Shutdown(working) // waits for every dialogue that it knows
	// It may not have begun to serve, and then does not know the listener.
	_ = s.ln.Close()
	err = errors.Join(err, <-ended)
	s.wait()
	return err
}

// wait waits for every connection and every mail.
func (s *Server) wait() {
	s.open.Wait()
	s.active.Wait()
}

// enter counts a mail as being judged until the function that it returns runs:
// a mail that comes in chunks is judged in a goroutine of its own.
func (s *Server) enter() func() {
	s.active.Add(1)
	return s.active.Done
}

func (s *Server) ourFrom() string {
	if s.deps.OurFrom == nil {
		return ""
	}
	return s.deps.OurFrom()
}

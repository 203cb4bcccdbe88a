package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/phone/internal/sipcall"
	"monitord/alerting/notify/phone/internal/voice"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// Deps is what the channel uses of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Words  *text.Catalogue
	Dialer checks.Dialer // nil: the network; asked for udp or tcp
	// Acknowledge takes the problem for the message's contact; it returns when
	// that is durable. nil: keys cannot take a problem, and the call says so.
	Acknowledge func(ctx context.Context, m alerting.Message, by string) error
	// State is the service's present state; nil: it is not asked.
	State func(checks.Service) (alerting.ServiceState, bool)
}

// Channel is the phone channel.
type Channel struct {
	config Config
	deps   Deps
	lines  chan struct{} // a token for each call under way
	listen time.Duration // listenFor, which tests shorten

	mu   sync.Mutex
	kept map[phraseKey][]int16 // phrases that were spoken once
}

// New makes the channel; config is valid and has a server.
func New(config Config, deps Deps) *Channel {
	if deps.Dialer == nil {
		deps.Dialer = &net.Dialer{}
	}
	return &Channel{config: config, deps: deps, lines: make(chan struct{}, config.Lines), listen: listenFor, kept: map[phraseKey][]int16{}}
}

// errBusyLines says that all lines are in use.
var errBusyLines = errors.New("every line is in use by another call (lines: allows more at the same time)")

// Send calls, speaks, and waits for a key.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	uri, err := c.config.uri(n.To)
	if err != nil {
		return "", notify.Permanent{Err: err}
	}
	wait := time.NewTimer(c.config.Timeout)
	defer wait.Stop()
	select {
	case c.lines <- struct{}{}:
		defer func() { <-c.lines }()
	case <-wait.C:
		return "", errBusyLines
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	s := c.prepare(ctx, n)
	if s.err != nil {
		c.deps.Logger.Warn("speech failed, the call has tones instead", logkeys.Channel, n.Channel, logkeys.Contact, n.Contact, logkeys.Err, s.err)
	}
	answer, err := c.call(ctx, n, uri, s)
	if err == nil && s.err != nil {
		answer += " (tones only: speech failed)"
	}
	return answer, err
}

// registration is how long the server keeps us, in seconds: longer than any
// call rings.
const registration = 300

// call makes one call.
func (c *Channel) call(ctx context.Context, n notify.Notification, uri string, s sounds) (string, error) {
	agent, local, err := c.open(ctx)
	if err != nil {
		return "", err
	}
	defer agent.Close()
	if c.config.Register {
		if err := agent.Register(ctx, registration); err != nil {
			return "", err
		}
		defer c.unregister(ctx, agent)
	}
	sound, err := voice.Listen(local, c.config.Ports.First, c.config.Ports.Last)
	if err != nil {
		return "", err
	}
	stream := voice.NewStream(sound)
	call, err := agent.Dial(ctx, uri, netip.AddrPortFrom(local, uint16(stream.Port())), c.config.Ring)
	if err != nil {
		stream.Close()
		return "", outcome(err)
	}
	answer, err := c.hold(ctx, n, s, call, stream)
	if lost := int64(stream.Strange()) + agent.Dropped(); lost > 0 {
		c.deps.Logger.Debug("packets of a call were not taken", logkeys.Contact, n.Contact, logkeys.Count, lost)
	}
	return answer, err
}

// open connects to the server.
func (c *Channel) open(ctx context.Context) (*sipcall.Agent, netip.Addr, error) {
	account := sipcall.Account{From: c.config.caller(), Name: c.config.Name, Username: c.config.Username, Timeout: c.config.Timeout}
	if c.config.Username != "" {
		var err error
		if account.Password, err = c.config.Password.Read(); err != nil {
			return nil, netip.Addr{}, err
		}
	}
	dialing, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	conn, err := c.deps.Dialer.DialContext(dialing, string(c.config.Transport), c.config.Server)
	if err != nil {
		return nil, netip.Addr{}, err
	}
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err == nil {
		var agent *sipcall.Agent
		if agent, err = sipcall.Open(conn, c.config.Transport == TCP, account); err == nil {
			return agent, local.Addr().Unmap(), nil
		}
	}
	conn.Close()
	return nil, netip.Addr{}, err
}

// unregisterWithin bounds the farewell to the server.
const unregisterWithin = 2 * time.Second

// unregister takes our address back, so that nobody is sent to it; when that
// fails it expires.
func (c *Channel) unregister(ctx context.Context, agent *sipcall.Agent) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unregisterWithin)
	defer cancel()
	if err := agent.Register(ctx, 0); err != nil {
		c.deps.Logger.Debug("phone could not be unregistered", logkeys.Err, err)
	}
}

// outcome says whether calling again would mend a call that was not answered.
func outcome(err error) error {
	refused, is := errors.AsType[sipcall.Refused](err)
	switch {
	case errors.Is(err, sipcall.ErrAfterPickup):
		return notify.InDoubt{Err: err}
	case errors.Is(err, sipcall.ErrNoAnswer):
		return notify.Permanent{Err: err}
	case !is:
		return err
	}
	switch code := refused.Code; {
	case code == 486 || code == 600:
		return notify.Permanent{Err: fmt.Errorf("busy: %w", err)}
	case code == 603 || code == 607 || code == 608:
		return notify.Permanent{Err: fmt.Errorf("declined: %w", err)}
	case code == 408 || code == 480 || code == 487:
		return notify.Permanent{Err: fmt.Errorf("no answer: %w", err)}
	case code == 404 || code == 410 || code == 484 || code == 485 || code == 604:
		return notify.Permanent{Err: fmt.Errorf("no such number: %w", err)}
	case code == 415 || code == 488 || code == 606:
		return notify.Permanent{Err: fmt.Errorf("no common sound format (the other side must allow ulaw): %w", err)}
	case code == 491 || code >= 500 && code < 600:
		return err
	}
	return notify.Permanent{Err: err}
}

// peer is where the other side's sound is.
func peer(m sipcall.Media, server netip.Addr) voice.Peer {
	return voice.Peer{Addr: m.Addr, Signalling: server, Events: m.Events}
}

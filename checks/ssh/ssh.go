package ssh

import (
	"bytes"
	"context"
	_ "embed"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "ssh", Summary: "ssh.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Check asks an SSH server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) *Check {
	return &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	s, version, err := c.ask(ctx, &phases, target.Address)
	if err != nil {
		return []checks.Result{dialogue.Failure(&phases, s, err)}, nil
	}
	took := time.Since(start)
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases.Seal(),
		Perf: []checks.Perf{{
			Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds,
			Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
		}},
		Summary: text.M("ssh.ok", text.Str("peer", s.Peer), text.Dur("took", took), text.Str("version", version)),
	}
	if r.State != checks.OK {
		r.Reason, r.Summary = checks.ReasonThreshold, text.M("ssh.slow", text.Str("peer", s.Peer), text.Dur("took", took))
		r.Evidence = s.Evidence()
	}
	return []checks.Result{r}, nil
}

// ourVersion is the line we greet with (RFC 4253 section 4.2).
const ourVersion = "SSH-2.0-monitord"

// ask returns the server's version line. The session, nil when there was no
// connection, holds what the peer said.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host string) (*dialogue.Session, string, error) {
	conn, err := c.dialer.Connect(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, "", err
	}
	defer conn.Close()
	defer dialogue.Guard(ctx, conn)()
	peer := net.JoinHostPort(host, strconv.Itoa(c.cfg.Port))
	var read bytes.Buffer // for the key exchange, which wants to hear it again
	tap := &tapped{Conn: conn, copy: &read}
	s := dialogue.NewSession(phases, tap, peer, nil)
	version, err := c.version(s)
	if err != nil {
		return s, "", err
	}
	if len(c.cfg.HostKeys) == 0 {
		err = s.Send(ourVersion) // else the server logs a client that said nothing
	} else {
		err = c.hostKey(ctx, s, &replayed{Conn: conn, head: io.MultiReader(&read, conn)})
	}
	phases.End()
	return s, version, err
}

// linesBefore bounds what a server says before its version.
const linesBefore = 50

// version reads lines up to the version and judges it.
func (c *Check) version(s *dialogue.Session) (string, error) {
	s.Begin(dialogue.PhaseBanner)
	for range linesBefore {
		line, err := s.Line()
		if err != nil {
			return "", err
		}
		switch {
		case strings.HasPrefix(line, "SSH-2.0-"), strings.HasPrefix(line, "SSH-1.99-"):
			return s.Words(line), s.Greeted(line, c.cfg.Expect)
		case strings.HasPrefix(line, "SSH-"):
			return "", s.Nonsense(line)
		case looksForeign(line):
			return "", s.Nonsense(line)
		}
	}
	return "", s.Nonsense("")
}

// looksForeign knows the first words of other protocols: RFC 4253 allows lines
// before the version, and waiting for it until the time-out would call a web
// server a silent one. OpenSSH's refusals are such lines too.
func looksForeign(line string) bool {
	for _, head := range []string{"HTTP/", "220", "+OK", "* OK", "Exceeded MaxStartups", "Not allowed at this time"} {
		if strings.HasPrefix(line, head) {
			return true
		}
	}
	return strings.TrimSpace(line) == ""
}

// tapped keeps a copy of what is read.
type tapped struct {
	net.Conn
	copy *bytes.Buffer
}

// Read reads and copies.
func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.copy.Write(b[:n])
	return n, err
}

// replayed reads what was read before, then the rest.
type replayed struct {
	net.Conn
	head io.Reader
}

// Read reads.
func (r *replayed) Read(b []byte) (int, error) { return r.head.Read(b) }

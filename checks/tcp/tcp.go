package tcp

import (
	"bytes"
	"context"
	"crypto/tls"
	_ "embed"
	"io"
	"net"
	"regexp"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "tcp", Summary: "tcp.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check connects to a port. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
	expect *regexp.Regexp // nil when nothing is expected
	tls    *tls.Config    // nil without TLS, or when it must be built per target
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	switch {
	case cfg.ExpectRegexp != "":
		c.expect, err = regexp.Compile(cfg.ExpectRegexp)
	case cfg.Expect != "":
		c.expect, err = regexp.Compile(regexp.QuoteMeta(cfg.Expect))
	}
	if err != nil {
		return nil, err
	}
	if cfg.TLS {
		c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	}
	return c, err
}

// phaseBanner is waiting for the expected words.
const phaseBanner = "banner"

// Run connects once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	peer := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	seen, err := c.ask(ctx, &phases, target.Address, peer)
	if err != nil {
		r := netdial.Result(&phases, err)
		r.Evidence = evidence(seen)
		return []checks.Result{r}, nil
	}
	took := time.Since(start)
	r := checks.Result{
		State:  checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical),
		Phases: phases.Seal(),
		Perf: []checks.Perf{{
			Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds,
			Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
		}},
		Summary: text.M("tcp.ok", text.Str("peer", peer), text.Dur("took", took)),
	}
	if c.expect != nil && !c.expect.Match(seen) {
		r.State, r.Reason = checks.Critical, checks.ReasonContent
		r.Summary = text.M("tcp.content", text.Str("peer", peer), text.Str("want", c.want()))
		r.Evidence = evidence(seen)
	} else if r.State != checks.OK {
		r.Reason = checks.ReasonThreshold
		r.Summary = text.M("tcp.slow", text.Str("peer", peer), text.Dur("took", took))
	}
	return []checks.Result{r}, nil
}

func (c *Check) want() string { return c.cfg.Expect + c.cfg.ExpectRegexp }

// ask returns what the peer said. It stops reading as soon as the expected
// words are there, at the end of the answer, or at MaxBytes.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host, peer string) ([]byte, error) {
	conn, err := c.dialer.Connect(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, err
	}
	defer func() { conn.Close() }()
	if c.tls != nil {
		cfg := c.tls.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = host
		}
		secure, err := netdial.Handshake(ctx, phases, conn, cfg, peer)
		if err != nil {
			return nil, err
		}
		conn = secure
	}
	if c.cfg.Send == "" && c.expect == nil {
		return nil, nil
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	phases.Begin(phaseBanner)
	if _, err := io.WriteString(conn, c.cfg.Send); err != nil {
		return nil, &netdial.Error{Phase: phaseBanner, Peer: peer, Err: err}
	}
	seen, err := c.listen(conn)
	if err != nil {
		return seen, &netdial.Error{Phase: phaseBanner, Peer: peer, Err: err}
	}
	phases.End()
	return seen, nil
}

// listen reads until the expected words are there. An answer that ends without
// them is no error here: it is judged by its content.
func (c *Check) listen(r io.Reader) ([]byte, error) {
	if c.expect == nil {
		return nil, nil
	}
	var seen bytes.Buffer
	chunk := make([]byte, min(c.cfg.MaxBytes, 4096))
	for seen.Len() < c.cfg.MaxBytes {
		n, err := r.Read(chunk[:min(len(chunk), c.cfg.MaxBytes-seen.Len())])
		seen.Write(chunk[:n])
		if n > 0 && (c.expect.Match(seen.Bytes()) || c.hopeless(seen.Bytes())) {
			break
		}
		if err == io.EOF && seen.Len() > 0 {
			break
		}
		if err != nil {
			return seen.Bytes(), err
		}
	}
	return seen.Bytes(), nil
}

// hopeless reports that a whole first line came, is not the expected one, and
// nothing was sent that a second could answer: servers greet with one line, and
// waiting for the time-out would call a wrong banner a silent server.
func (c *Check) hopeless(seen []byte) bool {
	return c.cfg.Send == "" && bytes.HasSuffix(seen, []byte("\n"))
}

func evidence(b []byte) []byte { return b[:min(len(b), checks.EvidenceLimit)] }

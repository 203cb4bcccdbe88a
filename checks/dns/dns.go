package dns

import (
	"context"
	_ "embed"
	"net"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "dns", Summary: "dns.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Check asks name servers. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) *Check {
	return &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
}

// The phases beyond those of netdial.
const (
	phaseTCP    = "tcp"    // the question once more, because the answer did not fit
	phaseSerial = "serial" // the further servers
)

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	peer := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	a, err := c.ask(ctx, &phases, target.Address, c.cfg.Port, peer)
	took := time.Since(start)
	if err == nil {
		err = c.judge(a.msg, peer)
	}
	serials := servers{peers: []string{peer}}
	if err == nil && len(c.cfg.SameSerial) > 0 {
		a, err = c.compare(ctx, &phases, &serials, a)
	}
	if err != nil {
		r := netdial.Result(&phases, err)
		r.Evidence = a.evidence()
		return []checks.Result{r}, nil
	}
	return []checks.Result{c.result(&phases, a, serials, peer, took)}, nil
}

func (c *Check) result(phases *netdial.Phases, a answer, serials servers, peer string, took time.Duration) checks.Result {
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases.Seal(),
		Perf: []checks.Perf{
			netdial.TimePerf(took, c.cfg.Warning, c.cfg.Critical),
			{Label: "answers", Value: float64(len(a.msg.Answer))},
		},
	}
	if len(c.cfg.SameSerial) > 0 {
		r.Perf = append(r.Perf, checks.Perf{Label: "serial", Value: float64(serials.first())})
	}
	found := text.Str("found", brief(a.msg, c.question().Qtype))
	r.Summary = text.M("dns.ok", text.Str("peer", peer), text.Str("name", c.cfg.Name), found, text.Dur("took", took))
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, a.evidence()
		r.Summary = text.M("dns.slow", text.Str("peer", peer), text.Dur("took", took))
	}
	return r
}

func (c *Check) question() mdns.Question {
	return mdns.Question{
		Name: mdns.Fqdn(c.cfg.Name), Qtype: mdns.StringToType[strings.ToUpper(c.cfg.Record)], Qclass: mdns.ClassINET,
	}
}

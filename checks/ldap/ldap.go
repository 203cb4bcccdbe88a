package ldap

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "ldap", Summary: "ldap.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks a directory. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
	tls    *tls.Config    // nil without TLS
	expect *regexp.Regexp // nil when no value is expected
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	switch {
	case cfg.ExpectRegexp != "":
		c.expect, err = regexp.Compile(cfg.ExpectRegexp)
	case cfg.Expect != "":
		c.expect, err = regexp.Compile("^" + regexp.QuoteMeta(cfg.Expect) + "$")
	}
	if err == nil && cfg.TLS != TLSOff {
		c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	}
	return c, err
}

// Run asks once. The error is a password file that cannot be read.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	password := ""
	if !c.cfg.Password.IsZero() {
		var err error
		if password, err = c.cfg.Password.Read(); err != nil {
			return nil, err
		}
	}
	s := &session{check: c, host: target.Address, peer: net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.port()))}
	start := time.Now()
	entries, err := s.ask(ctx, password)
	took := time.Since(start)
	if err != nil {
		r := netdial.Result(&s.phases, err)
		if s.tape != nil {
			r.Evidence = s.tape.Said()
		}
		return []checks.Result{r}, nil
	}
	if err := c.judge(entries, s.peer); err != nil {
		r := netdial.Result(&s.phases, err)
		r.Evidence = ldif(entries)
		return []checks.Result{r}, nil
	}
	return []checks.Result{c.result(s, entries, took)}, nil
}

func (c *Check) result(s *session, entries []*ldap.Entry, took time.Duration) checks.Result {
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: s.phases.Seal(),
		Perf: []checks.Perf{
			netdial.TimePerf(took, c.cfg.Warning, c.cfg.Critical),
			{Label: "entries", Value: float64(len(entries)), Crit: c.cfg.Entries.AsRange()},
		},
		Summary: text.M("ldap.ok", text.Str("peer", s.peer), text.Int("n", len(entries)), text.Dur("took", took)),
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, ldif(entries)
		r.Summary = text.M("ldap.slow", text.Str("peer", s.peer), text.Dur("took", took))
	}
	return r
}

// judge holds the entries against what is wanted.
func (c *Check) judge(entries []*ldap.Entry, peer string) error {
	bad := func(m text.Message) error { return &netdial.Verdict{Reason: checks.ReasonContent, Summary: m} }
	who := text.Str("peer", peer)
	if checks.Judge(float64(len(entries)), nil, c.cfg.Entries) != checks.OK {
		return bad(text.M("ldap.entries", who, text.Int("n", len(entries)), text.Str("want", c.cfg.Entries.String())))
	}
	if c.expect == nil {
		return nil
	}
	for _, e := range entries {
		for _, v := range e.GetEqualFoldAttributeValues(c.cfg.Attribute) {
			if c.expect.MatchString(v) {
				return nil
			}
		}
	}
	return bad(text.M("ldap.lacks", who, text.Str("attribute", c.cfg.Attribute), text.Str("want", c.cfg.Expect+c.cfg.ExpectRegexp)))
}

// secretAttributes are never shown, whatever the directory lets us read.
var secretAttributes = []string{"userpassword", "sambantpassword", "sambalmpassword", "unicodepwd", "krbprincipalkey"}

// ldif is the beginning of the entries, as RFC 2849 writes them, for evidence.
func ldif(entries []*ldap.Entry) []byte {
	var b strings.Builder
	for _, e := range entries {
		if b.Len() >= checks.EvidenceLimit {
			break
		}
		b.WriteString("dn: " + e.DN + "\n")
		for _, a := range e.Attributes {
			for _, v := range a.Values {
				if isSecret(a.Name) {
					v = "<hidden>"
				}
				b.WriteString(a.Name + ": " + v + "\n")
			}
		}
		b.WriteString("\n")
	}
	if b.Len() == 0 {
		return nil
	}
	return netdial.Evidence([]byte(b.String()))
}

func isSecret(attribute string) bool {
	name, _, _ := strings.Cut(strings.ToLower(attribute), ";")
	for _, s := range secretAttributes {
		if name == s {
			return true
		}
	}
	return false
}

package submission

import (
	"context"
	_ "embed"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "submission", Summary: "submission.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks a submission server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	prober *dialogue.Prober
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	p, err := dialogue.NewProber(cfg.Options, dialogue.SubmissionPorts, deps)
	return &Check{cfg: cfg, prober: p}, err
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	return c.prober.Run(ctx, target, c.talk)
}

func (c *Check) talk(ctx context.Context, s *dialogue.Session, login dialogue.Login) error {
	m, err := dialogue.OpenSMTP(ctx, s, c.cfg.TLS, c.cfg.Hello, c.cfg.Expect)
	if err != nil {
		return err
	}
	if !m.Offers("AUTH") { // without it no user can send, whoever we are
		m.Begin(dialogue.PhaseAuth)
		return m.Lacks(checks.ReasonAuth, "AUTH")
	}
	if err := m.Auth(login); err != nil {
		return err
	}
	if c.cfg.Sender != "" || c.cfg.Recipient != "" {
		if err := m.Envelope(c.cfg.Sender, c.cfg.Recipient); err != nil {
			return err
		}
	}
	m.Bye("QUIT")
	return nil
}

package ftp

import (
	"bytes"
	"context"
	_ "embed"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "ftp", Summary: "ftp.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks an FTP server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer checks.Dialer
	prober *dialogue.Prober
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	p, err := dialogue.NewProber(cfg.Options, dialogue.FTPPorts, deps)
	return &Check{cfg: cfg, dialer: deps.Dialer, prober: p}, err
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	return c.prober.Run(ctx, target, c.talk)
}

// anonymous is the login of RFC 1635; the password is an address of nobody.
func anonymous() dialogue.Login { return dialogue.Login{User: "anonymous", Password: "monitord@"} }

func (c *Check) talk(ctx context.Context, s *dialogue.Session, login dialogue.Login) error {
	f, err := dialogue.OpenFTP(ctx, s, c.cfg.TLS, c.cfg.Expect)
	if err != nil {
		return err
	}
	if c.cfg.Anonymous {
		login = anonymous()
	}
	if err := f.Auth(login); err != nil {
		return err
	}
	if c.cfg.File != "" {
		if err := c.fetch(ctx, f); err != nil {
			return err
		}
	}
	f.Bye("QUIT")
	return nil
}

func (c *Check) fetch(ctx context.Context, f *dialogue.FTP) error {
	content, err := f.Retrieve(ctx, c.dialer, c.cfg.File, c.cfg.MaxBytes)
	if err != nil {
		return err
	}
	f.Add(checks.Perf{Label: "size", Value: float64(len(content)), Unit: checks.UnitBytes})
	if !bytes.Contains(content, []byte(c.cfg.Contains)) {
		return &dialogue.Refusal{Reason: checks.ReasonContent, Summary: text.M("ftp.content",
			text.Str("peer", f.Peer), text.Str("file", c.cfg.File), text.Str("want", c.cfg.Contains))}
	}
	return nil
}

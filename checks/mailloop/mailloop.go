package mailloop

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
	"monitord/internal/pause"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "mailloop", Summary: "mailloop.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check sends a mail and reads it again. It is safe for concurrent runs.
type Check struct {
	cfg        Config
	now        func() time.Time
	send, read *dialogue.Prober
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	inPorts, outPorts := dialogue.SMTPPorts, dialogue.IMAPPorts
	if cfg.SendUsername != "" {
		inPorts = dialogue.SubmissionPorts
	}
	if cfg.Read == ReadPOP3 {
		outPorts = dialogue.POP3Ports
	}
	send, errSend := dialogue.NewProber(cfg.send(), inPorts, deps)
	read, errRead := dialogue.NewProber(cfg.read(), outPorts, deps)
	return &Check{cfg: cfg, now: deps.Now, send: send, read: read}, cmp.Or(errSend, errRead)
}

// Run sends one mail and waits for it.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	sender, errSend := c.send.Login()
	reader, errRead := c.read.Login()
	if err := errors.Join(errSend, errRead); err != nil {
		return nil, err
	}
	start := time.Now()
	sent := newMail(c.now())
	var phases netdial.Phases
	s, err := c.send.Visit(ctx, &phases, cmp.Or(c.cfg.SendHost, target.Address), func(ctx context.Context, s *dialogue.Session) error {
		return c.handOver(ctx, s, sender, sent)
	}, sender.Password)
	if err != nil {
		return []checks.Result{dialogue.Failure(&phases, s, err)}, nil
	}
	handOver := time.Since(start)
	phases.Begin(phaseDelivery)
	if failed, ok := c.await(ctx, &phases, cmp.Or(c.cfg.ReadHost, target.Address), reader, sent); !ok {
		return []checks.Result{failed}, nil
	}
	return []checks.Result{c.judge(phases.Seal(), handOver, time.Since(start))}, nil
}

// phaseDelivery is from the hand-over until the mail is read and deleted.
const phaseDelivery = "delivery"

func (c *Check) handOver(ctx context.Context, s *dialogue.Session, login dialogue.Login, sent mail) error {
	m, err := dialogue.OpenSMTP(ctx, s, c.cfg.SendTLS, "", "")
	if err != nil {
		return err
	}
	if err := m.Auth(login); err != nil {
		return err
	}
	if err := m.Envelope(c.cfg.Sender, c.cfg.Recipient); err != nil {
		return err
	}
	if err := m.Data(sent.text(c.cfg.Sender, c.cfg.Recipient)); err != nil {
		return err
	}
	m.Bye("QUIT")
	return nil
}

// await looks for the mail until it is there; else the result says why.
func (c *Check) await(ctx context.Context, phases *netdial.Phases, host string, login dialogue.Login, sent mail) (checks.Result, bool) {
	look := reader(c.imap)
	if c.cfg.Read == ReadPOP3 {
		look = c.pop3
	}
	for looked := false; ; looked = true {
		var inner netdial.Phases
		found := false
		s, err := c.read.Visit(ctx, &inner, host, func(ctx context.Context, s *dialogue.Session) (err error) {
			found, err = look(ctx, s, login, sent)
			return err
		}, login.Password)
		switch {
		case found && err == nil:
			return checks.Result{}, true
		case err != nil && !(looked && ctx.Err() != nil): // a server that was well before is not what time ran out for
			r := dialogue.Failure(&inner, s, err)
			r.Phases = slices.Concat(phases.Seal(), r.Phases)
			return r, false
		}
		if err != nil || !pause.For(ctx, c.cfg.Poll) {
			return c.lost(phases.Seal()), false
		}
	}
}

// lost is a mail that was taken and did not come.
func (c *Check) lost(phases []checks.Phase) checks.Result {
	return checks.Result{
		State: checks.Critical, Reason: checks.ReasonTimeout, Phases: phases,
		Summary: text.M("mailloop.lost", text.Str("recipient", c.cfg.Recipient), text.Dur("took", phases[len(phases)-1].Took)),
	}
}

func (c *Check) judge(phases []checks.Phase, handOver, took time.Duration) checks.Result {
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases,
		Perf: []checks.Perf{
			{Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
			{Label: "send", Value: handOver.Seconds(), Unit: checks.UnitSeconds},
		},
		Summary: text.M("mailloop.ok", text.Str("recipient", c.cfg.Recipient), text.Dur("took", took)),
	}
	if r.State != checks.OK {
		r.Reason, r.Summary = checks.ReasonThreshold, text.M("mailloop.slow", text.Str("recipient", c.cfg.Recipient), text.Dur("took", took))
	}
	return r
}

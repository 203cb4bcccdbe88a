package dialogue

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"monitord/checks"
)

// POP3Ports are those of RFC 1939 and RFC 8314.
var POP3Ports = Ports{Plain: 110, Implicit: 995}

// POP3 is a session with a POP3 server.
type POP3 struct {
	*Session
	caps []string // the lines of CAPA in capitals; nil when it has none
}

// OpenPOP3 reads the greeting, asks for the capabilities (RFC 2449) and, when
// mode asks, changes to TLS (RFC 2595).
func OpenPOP3(ctx context.Context, s *Session, mode Mode, expect string) (*POP3, error) {
	p := &POP3{Session: s}
	s.Begin(PhaseBanner)
	line, err := p.answer()
	if err != nil {
		return nil, err
	}
	if err := s.Greeted(line, expect); err != nil {
		return nil, err
	}
	if err := p.capabilities(); err != nil {
		return nil, err
	}
	if mode != ModeStartTLS {
		return p, nil
	}
	s.Begin(PhaseStartTLS)
	if !slices.Contains(p.caps, "STLS") {
		return nil, s.Lacks(checks.ReasonTLS, "STLS")
	}
	if _, err := p.ask("STLS"); err != nil {
		return nil, err
	}
	if err := s.Handshake(ctx); err != nil {
		return nil, err
	}
	return p, p.capabilities()
}

// answer reads +OK with its words; -ERR is a refusal.
func (p *POP3) answer() (string, error) {
	line, err := p.Line()
	switch {
	case err != nil:
		return "", err
	case said(line, "+OK"):
		return line, nil
	case said(line, "-ERR"):
		return line, p.Status(line)
	}
	return line, p.Nonsense(line)
}

func said(line, word string) bool { return line == word || strings.HasPrefix(line, word+" ") }

func (p *POP3) ask(command string) (string, error) {
	if err := p.Send(command); err != nil {
		return "", err
	}
	return p.answer()
}

func (p *POP3) capabilities() error {
	p.Begin(PhaseCapability)
	p.caps = nil
	line, err := p.ask("CAPA")
	if said(line, "-ERR") {
		return nil // it may have none: RFC 1939 does not know CAPA
	}
	if err != nil {
		return err
	}
	lines, err := p.Block()
	for _, l := range lines {
		p.caps = append(p.caps, strings.ToUpper(l))
	}
	return err
}

// Auth logs in with USER and PASS, or with PLAIN (RFC 5034) where only that is
// offered; nobody does not log in.
func (p *POP3) Auth(login Login) error {
	if login.User == "" {
		return nil
	}
	p.Begin(PhaseAuth)
	line, err := "", error(nil)
	if p.caps == nil || slices.Contains(p.caps, "USER") || !p.offersPlain() {
		if line, err = p.ask("USER " + login.User); err == nil {
			line, err = p.ask("PASS " + login.Password)
		}
	} else {
		line, err = p.ask("AUTH PLAIN " + p.plain(login))
	}
	if said(line, "-ERR") {
		return p.Denied(login.User, line)
	}
	return err
}

func (p *POP3) offersPlain() bool {
	return slices.ContainsFunc(p.caps, func(c string) bool {
		words := strings.Fields(c)
		return len(words) > 0 && words[0] == "SASL" && slices.Contains(words, "PLAIN")
	})
}

// Stat is how many mails the mailbox holds, and their size in bytes.
func (p *POP3) Stat() (mails, size int64, err error) {
	p.Begin(PhaseMailbox)
	line, err := p.ask("STAT")
	if err != nil {
		return 0, 0, err
	}
	words := strings.Fields(line)
	if len(words) < 3 {
		return 0, 0, p.Nonsense(line)
	}
	mails, errMails := strconv.ParseInt(words[1], 10, 64)
	size, errSize := strconv.ParseInt(words[2], 10, 64)
	if errMails != nil || errSize != nil || mails < 0 || size < 0 {
		return 0, 0, p.Nonsense(line)
	}
	return mails, size, nil
}

// Header is the header of mail n, counted from 1 (TOP, RFC 1939 section 7).
func (p *POP3) Header(n int64) ([]string, error) {
	if _, err := p.ask("TOP " + strconv.FormatInt(n, 10) + " 0"); err != nil {
		return nil, err
	}
	return p.Block()
}

// Delete marks mail n; Quit deletes what is marked.
func (p *POP3) Delete(n int64) error {
	_, err := p.ask("DELE " + strconv.FormatInt(n, 10))
	return err
}

// Quit ends the session and waits: the server deletes only now (RFC 1939 section 6).
func (p *POP3) Quit() error {
	_, err := p.ask("QUIT")
	return err
}

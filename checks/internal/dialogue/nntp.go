package dialogue

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"monitord/checks"
)

// NNTPPorts are those of RFC 3977 and RFC 8143.
var NNTPPorts = Ports{Plain: 119, Implicit: 563}

// NNTP is a session with a news server.
type NNTP struct {
	*Session
	caps []string // the lines of CAPABILITIES in capitals; nil when it has none
}

// OpenNNTP reads the greeting, asks for the capabilities, becomes a reader where
// the server has to be told, and, when mode asks, changes to TLS (RFC 4642).
func OpenNNTP(ctx context.Context, s *Session, mode Mode, expect string) (*NNTP, error) {
	n := &NNTP{Session: s}
	s.Begin(PhaseBanner)
	r, err := s.Reply()
	if err != nil {
		return nil, err
	}
	if r.Code != 200 && r.Code != 201 {
		return nil, s.Status(r.Line())
	}
	if err := s.Greeted(r.Line(), expect); err != nil {
		return nil, err
	}
	if err := n.capabilities(); err != nil {
		return nil, err
	}
	if slices.Contains(n.caps, "MODE-READER") {
		if err := n.reader(); err != nil {
			return nil, err
		}
	}
	if mode != ModeStartTLS {
		return n, nil
	}
	return n, n.startTLS(ctx)
}

func (n *NNTP) reader() error {
	r, err := n.Ask("MODE READER")
	if err != nil {
		return err
	}
	if r.Class() != 2 {
		return n.Status(r.Line())
	}
	return n.capabilities()
}

func (n *NNTP) startTLS(ctx context.Context) error {
	n.Begin(PhaseStartTLS)
	if !slices.Contains(n.caps, "STARTTLS") {
		return n.Lacks(checks.ReasonTLS, "STARTTLS")
	}
	r, err := n.Ask("STARTTLS")
	if err != nil {
		return err
	}
	if r.Code != 382 {
		return n.Status(r.Line())
	}
	if err := n.Handshake(ctx); err != nil {
		return err
	}
	return n.capabilities()
}

func (n *NNTP) capabilities() error {
	n.Begin(PhaseCapability)
	n.caps = nil
	r, err := n.Ask("CAPABILITIES")
	if err != nil || r.Code != 101 { // RFC 977 does not know it
		return err
	}
	lines, err := n.Block()
	for _, l := range lines {
		n.caps = append(n.caps, strings.ToUpper(l))
	}
	return err
}

// Auth logs in (RFC 4643); nobody does not.
func (n *NNTP) Auth(login Login) error {
	if login.User == "" {
		return nil
	}
	n.Begin(PhaseAuth)
	r, err := n.Ask("AUTHINFO USER " + login.User)
	if err == nil && r.Code == 381 {
		r, err = n.Ask("AUTHINFO PASS " + login.Password)
	}
	if err != nil {
		return err
	}
	if r.Code != 281 {
		return n.Denied(login.User, r.Line())
	}
	return nil
}

// Group opens a newsgroup and tells how many articles the server estimates.
func (n *NNTP) Group(name string) (int64, error) {
	n.Begin(PhaseMailbox)
	r, err := n.Ask("GROUP " + name)
	if err != nil {
		return 0, err
	}
	if r.Code == 480 { // RFC 3977 section 3.2.1: log in first
		return 0, n.refuse(checks.ReasonAuth, r.Line())
	}
	if r.Code != 211 {
		return 0, n.Status(r.Line())
	}
	words := strings.Fields(r.Lines[0])
	if len(words) < 4 {
		return 0, n.Nonsense(r.Line())
	}
	count, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil || count < 0 {
		return 0, n.Nonsense(r.Line())
	}
	return count, nil
}

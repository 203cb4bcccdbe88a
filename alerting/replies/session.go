package replies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"monitord/alerting/claim"
	"monitord/internal/acktoken"
	"monitord/internal/logkeys"
)

// session is one connection's dialogue. A mail that comes in chunks is judged
// beside the dialogue, which may go on without it.
type session struct {
	s     *Server
	ctx   context.Context // go-smtp's methods have none; it ends with Run
	mails int

	mu          sync.Mutex
	from, token string
}

// begin remembers the envelope of a mail as far as it is known.
func (c *session) begin(from, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from, c.token = from, token
}

func (c *session) envelope() (from, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from, c.token
}

// Mail begins a mail. An empty sender is a report's.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.mails++
	if c.mails > mailsPerConnection {
		c.s.note(WhyTooMany, from, 0)
		return refusal(WhyTooMany)
	}
	c.begin(from, "")
	return nil
}

// Rcpt takes the address of a good token, and no other.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	from, _ := c.envelope()
	token, ok := c.s.tokenOf(to)
	if !ok {
		c.s.note(WhyAddress, from, 0)
		return refusal(WhyAddress)
	}
	if _, err := c.s.deps.Claims.Find(token); err != nil {
		why := whyNot(err)
		c.s.note(why, from, 0)
		return refusal(why)
	}
	c.begin(from, token)
	return nil
}

// tokenOf takes an address apart: ack+TOKEN@domain, or TOKEN@domain.
func (s *Server) tokenOf(to string) (token string, ok bool) {
	at := strings.LastIndexByte(to, '@')
	if at < 0 || !strings.EqualFold(to[at+1:], s.config.Domain) {
		return "", false
	}
	token = to[:at]
	if len(token) > len(prefix) && strings.EqualFold(token[:len(prefix)], prefix) {
		token = token[len(prefix):]
	}
	return token, len(token) == acktoken.Length
}

// whyNot is the reason for which a token does not open anything.
func whyNot(err error) Why {
	switch {
	case errors.Is(err, acktoken.ErrForged):
		return WhyForged
	case errors.Is(err, acktoken.ErrOtherInstallation):
		return WhyOther
	case errors.Is(err, acktoken.ErrExpired), errors.Is(err, claim.ErrForgotten):
		return WhyExpired
	case errors.Is(err, claim.ErrStranger):
		return WhyStranger
	}
	return WhyAddress
}

// Data reads a mail and does what it says. What comes after the beginning is
// taken in and forgotten, up to the limit of the whole.
func (c *session) Data(r io.Reader) error {
	defer c.s.enter()()
	from, token := c.envelope()
	raw, err := io.ReadAll(io.LimitReader(r, readBytes))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if errors.Is(err, smtp.ErrDataTooLarge) {
		c.s.note(WhySize, from, 0)
		return refusal(WhySize)
	}
	if err != nil {
		return err // the connection broke: nothing was handed over
	}
	why, incident := c.s.judge(c.ctx, raw, from, token)
	if why == "" {
		return nil
	}
	c.s.note(why, from, incident)
	switch why {
	case WhyBounce, WhyAutomatic, WhyList, WhyLoop, WhyDeclined:
		return nil
	}
	return refusal(why)
}

// judge does what a mail asks for; why is empty when that was done, or when
// there was nothing left to do.
func (s *Server) judge(ctx context.Context, raw []byte, from, token string) (why Why, incident int64) {
	found, err := s.deps.Claims.Find(token) // again: time has passed
	if err != nil {
		return whyNot(err), 0
	}
	incident = found.Incident.ID
	l, err := readLetter(raw)
	if err != nil {
		return WhyMalformed, incident
	}
	if why := machine(l, from, s.ourFrom()); why != "" {
		return why, incident
	}
	if found.Channel != mailChannel || !sameAddress(from, found.Address) || !sameAddress(l.from, found.Address) {
		return WhySender, incident
	}
	return s.act(ctx, found, s.words.understand(s.words.firstLine(l.text))), incident
}

// mailChannel is the kind of channel whose addresses are mail addresses.
const mailChannel = "mail"

func (s *Server) act(ctx context.Context, c claim.Claim, a answer) Why {
	var outcome claim.Outcome
	var err error
	switch a.do {
	case decline:
		return WhyDeclined
	case unclear:
		return WhyUnclear
	case give:
		outcome, err = s.deps.Claims.Give(ctx, c, claim.ByReply)
	default:
		var until time.Time
		if a.span > 0 {
			until = s.deps.Now().Add(a.span)
		}
		outcome, _, err = s.deps.Claims.Take(ctx, c, claim.ByReply, a.says, until)
	}
	if err != nil {
		s.deps.Logger.Warn("a reply was taken and nothing could be kept; the relay tries again",
			logkeys.Component, "replies", logkeys.Incident, c.Incident.ID, logkeys.Err, fmt.Errorf("reply of %s: %w", c.Contact.Name, err))
		return WhyFailed
	}
	s.count(string(outcome))
	return ""
}

// Reset forgets a mail that was begun.
func (c *session) Reset() { c.begin("", "") }

// Logout ends the dialogue.
func (c *session) Logout() error { return nil }

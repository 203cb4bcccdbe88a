package main

import (
	"context"
	"errors"
	netmail "net/mail"
	"path/filepath"
	"slices"
	"time"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/alerting/notify/mail"
	"monitord/alerting/replies"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/internal/acktoken"
	"monitord/internal/httpd"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

// openClaims reads the key of signed links, or makes it.
func (s *server) openClaims() error {
	var err error
	s.signer, err = acktoken.Open(filepath.Join(s.data, "keys", "ack.key"))
	return err
}

// makeClaims makes what opens signed links and replies.
func (s *server) makeClaims() {
	s.claims = claim.New(claim.Deps{Signer: s.signer, Now: time.Now, Engine: s.engine, Contact: s.contact, Registry: s.registry})
}

// contact is one of the configuration in force.
func (s *server) contact(name string) (inventory.Contact, bool) {
	contacts := s.current().inventory.Contacts
	i := slices.IndexFunc(contacts, func(c inventory.Contact) bool { return c.Name == name })
	if i < 0 {
		return inventory.Contact{}, false
	}
	return contacts[i], true
}

// ackLink is the signed link of a message; "" when nobody else could open it.
func (s *server) ackLink(m alerting.Message) string {
	if token := s.claims.Token(m); token != "" && s.messageURL != "" {
		return s.messageURL + "/ack/" + token
	}
	return ""
}

// acknowledgeMessage takes the incident of a message for its contact, who said
// so by a channel. Who has it already has it still; an error that is
// alerting.ErrTaken means that somebody else has it.
func (s *server) acknowledgeMessage(ctx context.Context, m alerting.Message, by string) error {
	if m.Kind == alerting.KindStorm {
		_, err := s.engine.TakeStorm(ctx, m, alerting.Ack{By: claim.By(m.Contact, by)})
		return err
	}
	held, err := s.engine.TakeIncident(ctx, m.Incident, alerting.Ack{By: claim.By(m.Contact, by)})
	if errors.Is(err, alerting.ErrTaken) && claim.Holder(held.By) == m.Contact {
		return nil
	}
	return err
}

func (s *server) acknowledgeIncident(ctx context.Context, id int64, f dashboards.AckForm) (checks.Service, error) {
	service, err := s.engine.AcknowledgeIncident(ctx, id, alerting.Ack{By: f.Who, Reason: f.Reason, Until: f.Until, Sticky: !f.UntilWorse})
	return service, refused(err)
}

func (s *server) unacknowledgeIncident(ctx context.Context, id int64, who string) error {
	_, err := s.engine.UnacknowledgeIncident(ctx, id, who)
	return refused(err)
}

// openReplies opens the door for replies by mail, if it is configured.
func (s *server) openReplies(ctx context.Context, first *settings) error {
	if !first.Replies.Enabled() {
		return nil
	}
	encrypted, err := httpd.ServerTLS(&first.HTTP, nil)
	if err != nil {
		return err
	}
	if s.mail, err = replies.Listen(ctx, first.Replies); err != nil {
		return err
	}
	s.replyTo = first.Replies
	s.replies, err = replies.New(first.Replies, s.mail, replies.Deps{
		Logger: s.log, Now: time.Now, Claims: s.claims, OurFrom: s.ourFrom, TLS: encrypted, Registry: s.registry,
		Journal: func(e alerting.Event) { s.journal.Submit(alerting.Change{Events: []alerting.Event{e}}) },
	})
	s.log.Info("taking replies by mail", logkeys.Addr, s.mail.Addr().String())
	return err
}

// replyAddress is where a reply to a message acknowledges; "" when replies are
// not taken.
func (s *server) replyAddress(m alerting.Message) string {
	if token := s.claims.Token(m); token != "" && s.replies != nil {
		return s.replyTo.Address(token)
	}
	return ""
}

// ourFrom is the address that our mails come from; "" without mail.
func (s *server) ourFrom() string {
	c, ok := s.current().settings.Channels["mail"].(*mail.Config)
	if !ok {
		return ""
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return ""
	}
	return from.Address
}

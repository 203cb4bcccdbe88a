package mailloop

import (
	"context"
	"slices"

	"monitord/checks/internal/dialogue"
)

// reader looks once for a mail and deletes it; found says that it was there.
type reader func(ctx context.Context, s *dialogue.Session, login dialogue.Login, wanted mail) (found bool, err error)

// imap searches on the server.
func (c *Check) imap(ctx context.Context, s *dialogue.Session, login dialogue.Login, wanted mail) (bool, error) {
	m, err := dialogue.OpenIMAP(ctx, s, c.cfg.ReadTLS, "")
	if err != nil {
		return false, err
	}
	if err := m.Auth(login); err != nil {
		return false, err
	}
	if _, err := m.Select(c.cfg.Mailbox); err != nil {
		return false, err
	}
	ours, err := m.Search("HEADER " + header + " " + wanted.token)
	if err != nil {
		return false, err
	}
	// BEFORE knows days only, and not of whose zone: one more makes it safe.
	before := c.now().Add(-stale).UTC().Format("2-Jan-2006")
	late, err := m.Search("BEFORE " + before + " HEADER " + header + ` ""`)
	if err != nil {
		return false, err
	}
	if all := slices.Concat(ours, late); len(all) > 0 {
		if err := m.Delete(all); err != nil {
			return false, err
		}
	}
	m.Bye("z LOGOUT")
	return len(ours) > 0, nil
}

// popLimit is how many mails are looked at, the newest first: the mailbox is
// ours alone, and hardly ever holds two.
const popLimit = 200

// pop3 reads headers, as POP3 cannot search.
func (c *Check) pop3(ctx context.Context, s *dialogue.Session, login dialogue.Login, wanted mail) (bool, error) {
	p, err := dialogue.OpenPOP3(ctx, s, c.cfg.ReadTLS, "")
	if err != nil {
		return false, err
	}
	if err := p.Auth(login); err != nil {
		return false, err
	}
	mails, _, err := p.Stat()
	if err != nil {
		return false, err
	}
	found := false
	for n := mails; n > max(0, mails-popLimit); n-- {
		lines, err := p.Header(n)
		if err != nil {
			return false, err
		}
		at, token, ok := mark(lines)
		if !ok || token != wanted.token && c.now().Sub(at) < stale {
			continue
		}
		if err := p.Delete(n); err != nil {
			return false, err
		}
		found = found || token == wanted.token
	}
	return found, p.Quit()
}

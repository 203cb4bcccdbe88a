package ssh

import (
	"context"
	"errors"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// phaseKey is the key exchange.
const phaseKey = "key"

// errSeen ends the key exchange: the server has proved its key, and a login is
// not wanted.
var errSeen = errors.New("the host key was seen")

// hostKey lets the server prove its key and compares the fingerprint. A server
// has keys of several algorithms and shows the one that both sides prefer.
func (c *Check) hostKey(ctx context.Context, s *dialogue.Session, conn net.Conn) error {
	s.Begin(phaseKey)
	got := ""
	_, _, _, err := ssh.NewClientConn(conn, s.Peer, &ssh.ClientConfig{
		User: "monitord", ClientVersion: ourVersion,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			got = ssh.FingerprintSHA256(key)
			return errSeen
		},
	})
	switch {
	case got == "" && ctx.Err() != nil: // the library hides the time-out
		return &netdial.Error{Phase: phaseKey, Peer: s.Peer, Err: ctx.Err()}
	case got == "":
		return &netdial.Error{Phase: phaseKey, Peer: s.Peer, Err: err}
	case !slices.Contains(c.cfg.HostKeys, got):
		return &dialogue.Refusal{Reason: checks.ReasonAuth, Summary: text.M("ssh.key", text.Str("peer", s.Peer), text.Str("key", got))}
	}
	return nil
}

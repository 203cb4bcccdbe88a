package ldap

import (
	"context"
	"errors"
	"math"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// The bounds of one answer.
const (
	maxEntries = 1000
	maxBytes   = 4 << 20
)

// session is one run.
type session struct {
	check      *Check
	host, peer string
	phases     netdial.Phases
	tape       *netdial.Tape // nil until connected
}

// ask connects, binds and searches.
func (s *session) ask(ctx context.Context, password string) ([]*ldap.Entry, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.tape = netdial.NewTape(conn, maxBytes)
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	client := ldap.NewConn(s.tape, s.check.tls != nil)
	client.Start()
	defer client.Close()
	s.phases.Begin(netdial.PhaseLogin)
	if s.check.cfg.BindDN == "" {
		err = client.UnauthenticatedBind("") // anonymous, RFC 4513 section 5.1.1
	} else {
		err = client.Bind(s.check.cfg.BindDN, password)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	s.phases.Begin(netdial.PhaseQuery)
	found, err := client.Search(s.search(ctx))
	// A part of the answer is enough to count to the limit.
	if err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return nil, s.explain(err)
	}
	s.phases.End()
	return found.Entries, nil
}

func (s *session) search(ctx context.Context) *ldap.SearchRequest {
	cfg, limit := s.check.cfg, 0
	if end, ok := ctx.Deadline(); ok {
		limit = max(1, int(math.Ceil(time.Until(end).Seconds())))
	}
	var attributes []string
	if cfg.Attribute != "" {
		attributes = []string{cfg.Attribute}
	}
	return ldap.NewSearchRequest(cfg.Base, scopes[cfg.Scope], ldap.NeverDerefAliases, maxEntries, limit, false, cfg.Filter, attributes, nil)
}

// connect connects and speaks TLS as configured; a refused StartTLS is a
// failure, never a reason to go on in clear.
func (s *session) connect(ctx context.Context) (net.Conn, error) {
	conn, err := s.check.dialer.Connect(ctx, &s.phases, s.host, s.check.cfg.port())
	if err != nil || s.check.tls == nil {
		return conn, err
	}
	if s.check.cfg.TLS == TLSStartTLS {
		s.phases.Begin(netdial.PhaseTLS)
		if err := s.startTLS(ctx, conn); err != nil {
			conn.Close()
			return nil, err
		}
	}
	cfg := s.check.tls.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = s.host
	}
	return netdial.Handshake(ctx, &s.phases, conn, cfg, s.peer)
}

// The result codes (RFC 4511, section 4.1.9) that mean: not you, or not so.
var authCodes = []uint16{
	ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultInappropriateAuthentication,
	ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultAuthMethodNotSupported,
}

// explain turns an error of the client into ours.
func (s *session) explain(err error) error {
	said, isLDAP := errors.AsType[*ldap.Error](err)
	if isLDAP && said.ResultCode < ldap.ErrorNetwork {
		return s.refused(said)
	}
	if heard := s.tape.Said(); len(heard) > 0 && heard[0] != tagSequence {
		return s.junk()
	}
	// The client says "channel closed" for whatever the connection said.
	if s.tape.Err() != nil {
		err = s.tape.Err()
	}
	return &netdial.Error{Phase: s.phases.Current(), Peer: s.peer, Err: err}
}

func (s *session) refused(e *ldap.Error) error {
	reason, code := checks.ReasonStatus, text.Int("code", int(e.ResultCode))
	name, detail := text.Str("name", ldap.LDAPResultCodeMap[e.ResultCode]), text.Str("detail", e.Err.Error())
	summary := text.M("ldap.refused", text.Str("peer", s.peer), code, name, detail)
	for _, auth := range authCodes {
		if e.ResultCode == auth {
			reason, summary = checks.ReasonAuth, text.M("ldap.auth", text.Str("peer", s.peer), code, name, detail)
		}
	}
	return &netdial.Verdict{Reason: reason, Summary: summary}
}

func (s *session) junk() error {
	return &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.peer))}
}

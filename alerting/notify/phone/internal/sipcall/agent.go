package sipcall

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers. Source: RFC 3261, section 17.1.1.1.
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
)

// Account is who calls, and by whom.
type Account struct {
	Domain   string // host part of addresses without one
	From     string // SIP URI of the caller
	Name     string // shown beside it; may be empty
	Username string // of the digest; "": nothing is answered to a challenge
	Password string
	Timeout  time.Duration // for the server's first answer to a request
}

// String hides the password.
func (a Account) String() string { return a.From }

// GoString hides the password.
func (a Account) GoString() string { return a.From }

// Agent speaks with one server. Its methods must not be used at the same time.
type Agent struct {
	account Account
	link    *link
	local   netip.AddrPort
	from    sip.Uri
	served  map[string][]byte // our answer to a request, for when it is repeated
	order   []string          // keys of served, the oldest first
}

// Open begins to listen to the server at the other end of conn, which is a
// connected UDP socket or, with stream, a connection. Close ends it.
func Open(conn net.Conn, stream bool, account Account) (*Agent, error) {
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	a := &Agent{account: account, local: netip.AddrPortFrom(local.Addr().Unmap(), local.Port()), served: map[string][]byte{}}
	if err := sip.ParseUri(account.From, &a.from); err != nil {
		return nil, fmt.Errorf("caller's address: %w", err)
	}
	a.link = newLink(conn, stream)
	return a, nil
}

// Close ends the connection and joins its reader.
func (a *Agent) Close() { a.link.close() }

// Dropped is how many messages were broken or too many.
func (a *Agent) Dropped() int64 { return a.link.dropped.Load() }

// token is a random value for tags, branches and Call-IDs.
func token() string { return strings.ToLower(rand.Text()[:20]) }

func (a *Agent) transport() string {
	if a.link.stream {
		return "TCP"
	}
	return "UDP"
}

func (a *Agent) via() *sip.ViaHeader {
	v := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: a.transport(),
		Host: a.local.Addr().String(), Port: int(a.local.Port())}
	v.Params.Add("branch", sip.RFC3261BranchMagicCookie+token())
	v.Params.Add("rport", "")
	return v
}

func (a *Agent) contact() *sip.ContactHeader {
	c := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: a.from.User, Host: a.local.Addr().String(), Port: int(a.local.Port())}}
	if a.link.stream {
		c.Address.UriParams.Add("transport", "tcp")
	}
	return c
}

// agentName is what we call ourselves.
const agentName = "monitord"

// allow is what is answered. Source: RFC 3261, section 20.5.
const allow = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, UPDATE"

// exchange is a request that waits for its answer.
type exchange struct {
	req   *sip.Request
	raw   []byte
	next  time.Time // of the next repetition; zero: none
	pause time.Duration
}

// begin sends a request.
func (a *Agent) begin(req *sip.Request) (*exchange, error) {
	raw, err := encode(req)
	if err != nil {
		return nil, err
	}
	e := &exchange{req: req, raw: raw, pause: t1}
	if !a.link.stream {
		e.next = time.Now().Add(t1)
	}
	return e, a.link.write(e.raw)
}

// matches reports whether a response is an answer to the request. Source: RFC
// 3261, section 17.1.3.
func (e *exchange) matches(res *sip.Response) bool {
	want, _ := e.req.Via().Params.Get("branch")
	got, _ := res.Via().Params.Get("branch")
	return got == want && res.CSeq().MethodName == e.req.Method && res.CallID().Value() == e.req.CallID().Value()
}

// repeat sends the request again when it is time.
func (a *Agent) repeat(e *exchange, now time.Time) error {
	if e.next.IsZero() || now.Before(e.next) {
		return nil
	}
	e.pause *= 2
	if e.req.Method != sip.INVITE {
		e.pause = min(e.pause, t2)
	}
	e.next = now.Add(e.pause)
	return a.link.write(e.raw)
}

// heard stops repetitions: an INVITE is not repeated once anything came.
func (e *exchange) heard() {
	if e.req.Method == sip.INVITE {
		e.next = time.Time{}
	}
}

var (
	errTimeout = errors.New("no answer in time")
	errLost    = errors.New("the server closed the connection")
)

// await returns the next answer to any of the exchanges, or an error when until
// or ctx comes before. Requests of the server are answered on the way.
func (a *Agent) await(ctx context.Context, until time.Time, d *dialog, list ...*exchange) (*exchange, *sip.Response, error) {
	for {
		wake := until
		for _, e := range list {
			if !e.next.IsZero() && e.next.Before(wake) {
				wake = e.next
			}
		}
		timer := time.NewTimer(time.Until(wake))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, nil, context.Cause(ctx)
		case <-timer.C:
			now := time.Now()
			if !now.Before(until) {
				return nil, nil, errTimeout
			}
			for _, e := range list {
				if err := a.repeat(e, now); err != nil {
					return nil, nil, err
				}
			}
		case got, ok := <-a.link.in:
			timer.Stop()
			if !ok {
				return nil, nil, errLost
			}
			if got.err != nil {
				return nil, nil, got.err
			}
			if e, res := a.sort(got.msg, d, list); e != nil {
				return e, res, nil
			}
		}
	}
}

// sort finds the exchange that a message answers, and handles what is no answer.
func (a *Agent) sort(msg sip.Message, d *dialog, list []*exchange) (*exchange, *sip.Response) {
	switch m := msg.(type) {
	case *sip.Response:
		for _, e := range list {
			if e.matches(m) {
				e.heard()
				return e, m
			}
		}
		a.stray(m, d)
	case *sip.Request:
		a.serve(m, d)
	}
	return nil, nil
}

// do sends a request and returns its final answer, after answering challenges.
func (a *Agent) do(ctx context.Context, d *dialog, req *sip.Request) (*sip.Response, error) {
	for tries := 0; ; tries++ {
		e, err := a.begin(req)
		if err != nil {
			return nil, err
		}
		until := time.Now().Add(a.account.Timeout)
		var res *sip.Response
		for res == nil || res.IsProvisional() {
			if _, res, err = a.await(ctx, until, d, e); err != nil {
				return nil, fmt.Errorf("%s: %w", req.Method, err)
			}
		}
		if again, err := a.answer(req, res, tries); err != nil {
			return nil, err
		} else if again == nil {
			return res, nil
		} else {
			req = again
		}
	}
}

package sipcall

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/emiago/sipgo/sip"
)

// Refused is a call, or a registration, that the other side does not take.
type Refused struct {
	Code   int    // SIP status, 300 to 699
	Reason string // their words, made safe
}

// Error is the status.
func (r Refused) Error() string { return strings.TrimSpace(strconv.Itoa(r.Code) + " " + r.Reason) }

// maxReason bounds the words of a status, in bytes.
const maxReason = 80

// refused is the status of a response as an error.
func refused(res *sip.Response) error {
	reason := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(res.Reason, " "))
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return Refused{Code: res.StatusCode, Reason: strings.TrimSpace(reason)}
}

// Errors of a call beside Refused.
var (
	ErrNoAnswer = errors.New("nobody picked up")
	// ErrAfterPickup says that the phone was picked up, and the call could not
	// go on.
	ErrAfterPickup = errors.New("cut off after it was picked up")
)

// Register tells the server that this account is here for so many seconds; 0
// takes it back. Source: RFC 3261, section 10.2.
func (a *Agent) Register(ctx context.Context, seconds int) error {
	d := a.newDialog(sip.Uri{Scheme: "sip", Host: a.from.Host, Port: a.from.Port})
	d.to = d.from.AsTo()
	d.to.Params.Remove("tag")
	d.to.DisplayName = ""
	for range 2 {
		d.seq++
		req := a.request(d, sip.REGISTER, d.seq)
		req.AppendHeader(a.contact())
		expires := sip.ExpiresHeader(seconds)
		req.AppendHeader(&expires)
		res, err := a.do(ctx, nil, req)
		if err != nil {
			return fmt.Errorf("register: %w", err)
		}
		if res.IsSuccess() {
			return nil
		}
		least, err := minExpires(res)
		if err != nil || seconds == 0 {
			return fmt.Errorf("register: %w", refused(res))
		}
		d.seq, seconds = req.CSeq().SeqNo+maxAnswers+1, least
	}
	return errors.New("register: the server wants ever longer times")
}

// minExpires is the time that a 423 asks for.
func minExpires(res *sip.Response) (int, error) {
	h := res.GetHeader("Min-Expires")
	if res.StatusCode != 423 || h == nil {
		return 0, errNoKey
	}
	n, err := strconv.Atoi(strings.TrimSpace(h.Value()))
	if err != nil || n < 1 || n > 24*3600 {
		return 0, errNoKey
	}
	return n, nil
}

// Call is a call that was answered.
type Call struct {
	agent  *Agent
	dialog *dialog
	Media  Media  // of the other side
	Answer string // their status, such as 200 OK
}

// cancelWait is how long a cancelled call may take to end.
const cancelWait = 4 * time.Second

// Dial calls a SIP URI and returns when the phone was picked up. local is where
// our sound is. A phone that nobody picks up within ring is given up with
// ErrNoAnswer; other refusals are a Refused. Every other error is of the way
// there, except one that is ErrAfterPickup.
func (a *Agent) Dial(ctx context.Context, uri string, local netip.AddrPort, ring time.Duration) (*Call, error) {
	var to sip.Uri
	if err := sip.ParseUri(uri, &to); err != nil {
		return nil, fmt.Errorf("number: %w", err)
	}
	d := a.newDialog(to)
	d.offer, d.seq = Media{Addr: local}, 1
	req := a.request(d, sip.INVITE, d.seq)
	req.AppendHeader(a.contact())
	req.AppendHeader(sip.NewHeader("Allow", allow))
	req.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	req.SetBody(d.offer.sdp(d.version))
	deadline := time.Now().Add(ring)
	for tries := 0; ; tries++ {
		invite, res, early, err := a.ring(ctx, d, req, deadline)
		if err != nil {
			return nil, err
		}
		d.seq = invite.CSeq().SeqNo
		if res.IsSuccess() {
			return a.pickUp(ctx, d, invite, res, early)
		}
		if err := a.refuseAck(invite, res); err != nil {
			return nil, err
		}
		next, err := a.answer(invite, res, tries)
		if err != nil {
			return nil, err
		}
		if next == nil {
			return nil, refused(res)
		}
		req = next
	}
}

// ring sends an INVITE and waits for its final answer. early is the body of the
// last provisional answer with one.
func (a *Agent) ring(ctx context.Context, d *dialog, req *sip.Request, deadline time.Time) (invite *sip.Request, res *sip.Response, early []byte, err error) {
	e, err := a.begin(req)
	if err != nil {
		return nil, nil, nil, err
	}
	until, heard := time.Now().Add(a.account.Timeout), false
	if deadline.Before(until) {
		until = deadline
	}
	for {
		_, res, err = a.await(ctx, until, d, e)
		switch {
		case err != nil && (heard && errors.Is(err, errTimeout) || ctx.Err() != nil):
			res, err = a.cancel(ctx, d, e, heard, err)
			return req, res, early, err
		case err != nil:
			return nil, nil, nil, fmt.Errorf("INVITE: %w", err)
		case !res.IsProvisional():
			return req, res, early, nil
		}
		heard, until = true, deadline
		if len(res.Body()) > 0 {
			early = res.Body()
		}
	}
}

// cancel ends a call that still rings, because of why. Before anything was
// heard of the call, it cannot be cancelled: that is waited for. cancel returns
// an answer when somebody picked up in this very moment and there is still time
// to speak. Source: RFC 3261, section 9.1.
func (a *Agent) cancel(ctx context.Context, d *dialog, invite *exchange, heard bool, why error) (*sip.Response, error) {
	over := ErrNoAnswer
	if !errors.Is(why, errTimeout) {
		over = why
	}
	list := []*exchange{invite}
	until := time.Now().Add(cancelWait)
	bounded, done := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer done()
	for {
		if heard && len(list) == 1 {
			stop, err := a.begin(cancelOf(invite.req))
			if err != nil {
				return nil, over
			}
			list = append(list, stop)
		}
		which, res, err := a.await(bounded, until, d, list...)
		switch {
		case err != nil:
			return nil, over // they will see that nobody is here any more
		case which != invite:
			which.next = time.Time{}
		case res.IsProvisional():
			heard = true
		case !res.IsSuccess():
			_ = a.refuseAck(invite.req, res)
			return nil, over
		case ctx.Err() == nil:
			return res, nil
		default:
			if call, err := a.pickUp(bounded, d, invite.req, res, nil); err == nil {
				call.hangUp(bounded)
			}
			return nil, over
		}
	}
}

// cancelOf is the CANCEL of an INVITE.
func cancelOf(invite *sip.Request) *sip.Request {
	stop := sip.NewRequest(sip.CANCEL, invite.Recipient)
	stop.AppendHeader(sip.HeaderClone(invite.Via()))
	hops := sip.MaxForwardsHeader(70)
	stop.AppendHeader(&hops)
	for _, h := range []sip.Header{invite.From(), invite.To(), invite.CallID()} {
		stop.AppendHeader(sip.HeaderClone(h))
	}
	stop.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	stop.SetBody(nil)
	return stop
}

// pickUp establishes the call. early is a description that came before.
func (a *Agent) pickUp(ctx context.Context, d *dialog, invite *sip.Request, res *sip.Response, early []byte) (*Call, error) {
	if err := d.establish(res); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAfterPickup, err)
	}
	if err := a.acknowledge(d, invite); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAfterPickup, err)
	}
	c := &Call{agent: a, dialog: d, Answer: refused(res).Error()}
	body := res.Body()
	if len(body) == 0 {
		body = early
	}
	var err error
	if c.Media, err = parseSDP(body); err != nil {
		c.hangUp(ctx)
		return nil, Refused{Code: sip.StatusNotAcceptableHere, Reason: err.Error()}
	}
	return c, nil
}

// Server is the address of the server that the call goes through.
func (c *Call) Server() netip.Addr {
	remote, _ := netip.ParseAddrPort(c.agent.link.conn.RemoteAddr().String())
	return remote.Addr().Unmap()
}

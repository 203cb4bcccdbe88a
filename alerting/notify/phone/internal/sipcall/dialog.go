package sipcall

import (
	"errors"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialog is one call, from the INVITE on. Source: RFC 3261, section 12.
type dialog struct {
	callID   string
	from     sip.FromHeader // ours, with its tag
	to       sip.ToHeader   // theirs; with a tag once it is answered
	target   sip.Uri        // where requests go
	routes   []string       // Route values, in order
	seq      uint32         // of our last request
	theirSeq uint32         // of their last request
	answered bool
	ended    bool   // they said BYE
	ack      []byte // repeated when their answer is
	offer    Media  // ours
	version  int    // of our session description
	heldBack bool   // our description is an offer that their ACK answers
	onKey    func(key byte)
	onMedia  func(Media)
}

// request begins a request in the dialog.
func (a *Agent) request(d *dialog, method sip.RequestMethod, seq uint32) *sip.Request {
	req := sip.NewRequest(method, d.target)
	req.AppendHeader(a.via())
	for _, r := range d.routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	from, to := d.from, d.to
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	id := sip.CallIDHeader(d.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	req.AppendHeader(sip.NewHeader("User-Agent", agentName))
	req.SetBody(nil)
	return req
}

// newDialog is a dialog before its first request.
func (a *Agent) newDialog(target sip.Uri) *dialog {
	d := &dialog{callID: token() + token(), target: target}
	d.from = sip.FromHeader{DisplayName: a.account.Name, Address: a.from}
	d.from.Params.Add("tag", token())
	d.to = sip.ToHeader{Address: sip.Uri{Scheme: target.Scheme, User: target.User, Host: target.Host, Port: target.Port}}
	return d
}

// establish takes over what the answer to the INVITE says. Source: RFC 3261,
// section 12.1.2.
func (d *dialog) establish(res *sip.Response) error {
	tag, ok := res.To().Params.Get("tag")
	if !ok || tag == "" {
		return errors.New("the answer to the call has no tag")
	}
	d.to.Params = slices.Clone(res.To().Params)
	d.target = *target(d.target, res)
	d.routes = routes(res)
	d.answered = true
	return nil
}

// target is where requests after a response go.
func target(before sip.Uri, res *sip.Response) *sip.Uri {
	if c := res.Contact(); c != nil && c.Address.Host != "" {
		return c.Address.Clone()
	}
	return &before
}

// routes is the way that a response went, from our side.
func routes(res *sip.Response) []string {
	var list []string
	for _, h := range res.GetHeaders("Record-Route") {
		list = append(list, splitList(h.Value())...)
	}
	slices.Reverse(list)
	return list
}

// splitList separates the values of one line at commas outside of <> and "".
func splitList(s string) []string {
	var list []string
	start, angle, quote := 0, false, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quote = !quote
		case quote:
		case c == '<' || c == '>':
			angle = c == '<'
		case c == ',' && !angle:
			list = append(list, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(list, strings.TrimSpace(s[start:]))
}

// isOf reports whether their request belongs to the dialog.
func (d *dialog) isOf(req *sip.Request) bool {
	if d == nil || !d.answered || req.CallID().Value() != d.callID {
		return false
	}
	tag := func(p sip.HeaderParams) string { return p.GetOr("tag", "") }
	return tag(req.From().Params) == tag(d.to.Params) && tag(req.To().Params) == tag(d.from.Params)
}

// acknowledge sends the ACK of an answered INVITE, with the credentials of that
// INVITE. Source: RFC 3261, section 13.2.2.4.
func (a *Agent) acknowledge(d *dialog, invite *sip.Request) error {
	ack := a.request(d, sip.ACK, invite.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if h := invite.GetHeader(name); h != nil {
			ack.AppendHeader(sip.NewHeader(name, h.Value()))
		}
	}
	var err error
	if d.ack, err = encode(ack); err != nil {
		return err
	}
	return a.link.write(d.ack)
}

// refuseAck is the ACK of an INVITE that was refused, which belongs to the
// INVITE's own transaction. Source: RFC 3261, section 17.1.1.3.
func (a *Agent) refuseAck(invite *sip.Request, res *sip.Response) error {
	ack := sip.NewRequest(sip.ACK, invite.Recipient)
	ack.AppendHeader(sip.HeaderClone(invite.Via()))
	sip.CopyHeaders("Route", invite, ack)
	hops := sip.MaxForwardsHeader(70)
	ack.AppendHeader(&hops)
	ack.AppendHeader(sip.HeaderClone(invite.From()))
	ack.AppendHeader(sip.HeaderClone(res.To()))
	ack.AppendHeader(sip.HeaderClone(invite.CallID()))
	ack.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.ACK})
	ack.SetBody(nil)
	return a.link.send(ack)
}

// stray handles a response that nothing waits for: an answer to the INVITE that
// is repeated is acknowledged again; a second phone that answered the same call
// is told that it is over. Source: RFC 3261, section 13.2.2.4.
func (a *Agent) stray(res *sip.Response, d *dialog) {
	if d == nil || !d.answered || !res.IsSuccess() || res.CSeq().MethodName != sip.INVITE || res.CallID().Value() != d.callID {
		return
	}
	if res.To().Params.GetOr("tag", "") == d.to.Params.GetOr("tag", "") {
		_ = a.link.write(d.ack) // they will ask again when it is lost
		return
	}
	other := *d
	if other.establish(res) != nil {
		return
	}
	ack := a.request(&other, sip.ACK, res.CSeq().SeqNo)
	bye := a.request(&other, sip.BYE, res.CSeq().SeqNo+1)
	_ = a.link.send(ack)
	_ = a.link.send(bye)
}

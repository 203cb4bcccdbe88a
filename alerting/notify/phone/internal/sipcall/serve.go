package sipcall

import (
	"github.com/emiago/sipgo/sip"
)

// maxServed is how many answers are kept for repeated requests.
const maxServed = 16

// serve answers a request of the server. Source: RFC 3261, section 8.2.
func (a *Agent) serve(req *sip.Request, d *dialog) {
	key := req.Via().Params.GetOr("branch", "") + " " + string(req.Method)
	if raw, ok := a.served[key]; ok {
		_ = a.link.write(raw) // it was lost on the way
		return
	}
	if req.Method == sip.ACK {
		a.takeAck(req, d)
		return
	}
	res := a.respond(req, d)
	raw, err := encode(res)
	if err != nil || a.link.write(raw) != nil {
		return // they will ask again
	}
	a.served[key] = raw
	if a.order = append(a.order, key); len(a.order) > maxServed {
		delete(a.served, a.order[0])
		a.order = a.order[1:]
	}
}

// respond does what a request wants.
func (a *Agent) respond(req *sip.Request, d *dialog) *sip.Response {
	req.SetSource(a.link.conn.RemoteAddr().String())
	say := func(code int, reason string) *sip.Response {
		res := sip.NewResponseFromRequest(req, code, reason, nil)
		res.AppendHeader(sip.NewHeader("Allow", allow))
		return res
	}
	switch {
	case req.Method == sip.OPTIONS:
		return say(200, "OK")
	case !d.isOf(req) && req.Method == sip.INVITE:
		return say(486, "Busy Here") // nobody is here to be called
	case !d.isOf(req):
		return say(481, "Call/Transaction Does Not Exist")
	case req.CSeq().SeqNo < d.theirSeq:
		return say(500, "Out of Order")
	}
	d.theirSeq = req.CSeq().SeqNo
	switch req.Method {
	case sip.BYE:
		d.ended = true
		return say(200, "OK")
	case sip.INFO:
		return a.takeInfo(req, d, say)
	case sip.INVITE, sip.UPDATE:
		return a.renegotiate(req, d, say)
	case sip.CANCEL:
		return say(200, "OK")
	}
	return say(405, "Method Not Allowed")
}

// takeInfo hears a key. Source: RFC 6086, section 4.2.2 for what is no key.
func (a *Agent) takeInfo(req *sip.Request, d *dialog, say func(int, string) *sip.Response) *sip.Response {
	if req.GetHeader("Info-Package") != nil {
		res := say(469, "Bad Info Package")
		res.AppendHeader(sip.NewHeader("Recv-Info", ""))
		return res
	}
	kind := ""
	if h := req.ContentType(); h != nil {
		kind = h.Value()
	}
	if kind == "" && len(req.Body()) == 0 {
		return say(200, "OK")
	}
	key, err := parseInfo(kind, req.Body())
	if err != nil {
		return say(415, "Unsupported Media Type")
	}
	if d.onKey != nil {
		d.onKey(key)
	}
	return say(200, "OK")
}

// renegotiate follows them to another place for their sound. Source: RFC 3261,
// section 14.2, RFC 3311 and RFC 3264, section 8.
func (a *Agent) renegotiate(req *sip.Request, d *dialog, say func(int, string) *sip.Response) *sip.Response {
	if c := req.Contact(); c != nil && c.Address.Host != "" {
		d.target = *c.Address.Clone()
	}
	if len(req.Body()) == 0 && req.Method == sip.UPDATE {
		return say(200, "OK")
	}
	ours := d.offer
	if len(req.Body()) > 0 {
		theirs, err := parseSDP(req.Body())
		if err != nil {
			return say(488, "Not Acceptable Here")
		}
		if len(theirs.Events) > 0 {
			ours.Events = theirs.Events[:1]
		}
		if d.onMedia != nil {
			d.onMedia(theirs)
		}
	} else {
		d.heldBack = true
	}
	d.version++
	res := say(200, "OK")
	res.AppendHeader(a.contact())
	res.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	res.SetBody(ours.sdp(d.version))
	return res
}

// takeAck reads the description that answers ours.
func (a *Agent) takeAck(req *sip.Request, d *dialog) {
	if !d.isOf(req) || !d.heldBack || len(req.Body()) == 0 {
		return
	}
	d.heldBack = false
	if theirs, err := parseSDP(req.Body()); err == nil && d.onMedia != nil {
		d.onMedia(theirs)
	}
}

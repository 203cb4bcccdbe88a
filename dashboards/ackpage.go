package dashboards

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/internal/acktoken"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// ackData is the page behind a signed link.
type ackData struct {
	incidentRow
	Now   *problem // the service now; nil when it is not watched any more
	Says  string   // who has it, or what has become of the request
	For   string   // the contact that the link was sent to
	Can   bool     // it can be taken
	Give  bool     // it can be given back
	Spans []ackSpan
	Told  []toldRow // without addresses: a link may be forwarded
}

// tokenTries bounds the bad links of one address in tokenWindow. A good link
// always works: whoever wakes up with one must not be locked out by a stranger
// behind the same proxy, and a guess is one in 2^128 whether it is answered or
// not.
const (
	tokenTries  = 20
	tokenWindow = time.Minute
	tokenPeers  = 1000
)

// ackLink shows the incident of a signed link, and changes nothing: scanners of
// mail and browsers that look ahead open every link.
func (p *Pages) ackLink(w http.ResponseWriter, r *http.Request) {
	c, v, ok := p.claimOf(w, r)
	if !ok {
		return
	}
	v.ackPage(w, c, v.standing(c), http.StatusOK)
}

// ackByLink takes the incident of a signed link for its contact, or gives it
// back. The link is the right to do so: there is no login, and so no session
// that another site could use.
func (p *Pages) ackByLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	c, v, ok := p.claimOf(w, r)
	if !ok {
		return
	}
	var outcome claim.Outcome
	var held alerting.Ack
	var err error
	if r.PostFormValue("do") == "give" {
		outcome, err = p.Claims.Give(r.Context(), c, claim.ByLink)
	} else {
		var until time.Time
		if d, err := time.ParseDuration(r.PostFormValue("for")); err == nil && slices.Contains(ackSpans, r.PostFormValue("for")) {
			until = v.Now.Add(d)
		}
		outcome, held, err = p.Claims.Take(r.Context(), c, claim.ByLink, cut(r.PostFormValue("reason"), maxReason), until)
	}
	if err != nil {
		p.Logger.Warn("a link was pressed and nothing could be kept", logkeys.Component, "dashboards", logkeys.Incident, c.Incident.ID, logkeys.Err, err)
		v.linkFails(w, http.StatusServiceUnavailable, text.M("page.ack.failed"))
		return
	}
	if fresh, err := p.Claims.Find(r.PathValue("token")); err == nil {
		c = fresh
	}
	status := http.StatusOK
	if outcome == claim.Held || outcome == claim.Over {
		status = http.StatusConflict
	}
	v.ackPage(w, c, v.outcome(c, outcome, held), status)
}

// claimOf opens the request's token, or answers that it does not work. Nothing
// that it writes, and no log, has the token.
func (p *Pages) claimOf(w http.ResponseWriter, r *http.Request) (claim.Claim, *view, bool) {
	h := w.Header()
	// The address is a secret: it goes to nobody, not even to our own pages. The
	// form's Origin must arrive, which no-referrer would make "null".
	h.Set("Referrer-Policy", "strict-origin")
	h.Set("X-Robots-Tag", "noindex")
	v := &view{p: p, Now: p.Now(), Path: "/ack/…", Zone: time.UTC, Theme: chooseTheme(nil, r)}
	lang := text.English
	if inv := p.Inventory(); inv != nil {
		v.Zone, lang = inv.Zone, inv.Language
	}
	if p.Claims == nil {
		v.Lang = chooseLang(nil, r, lang)
		v.linkFails(w, http.StatusNotFound, text.M("page.link.none"))
		return claim.Claim{}, nil, false
	}
	c, err := p.Claims.Find(r.PathValue("token"))
	if err != nil {
		v.Lang = chooseLang(nil, r, lang)
		status, says := refusedLink(err)
		if !p.badLinks.Allow(peer(r.RemoteAddr), v.Now) {
			h.Set("Retry-After", "60")
			status, says = http.StatusTooManyRequests, text.M("page.link.often")
		}
		v.linkFails(w, status, says)
		return claim.Claim{}, nil, false
	}
	v.Lang = cmp.Or(c.Contact.Language, lang)
	if asked, err := text.ParseLang(r.URL.Query().Get("lang")); err == nil {
		v.Lang = asked
	}
	if c.Contact.Zone != nil {
		v.Zone = c.Contact.Zone
	}
	return c, v, true
}

// peer is whose tries are counted together: an address, or the network of 64
// bits that one customer of IPv6 has.
func peer(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Unmap().Is4() {
		return host
	}
	network, err := ip.Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}

// refusedLink says why a link does not work, and what helps.
func refusedLink(err error) (int, text.Message) {
	switch {
	case errors.Is(err, acktoken.ErrExpired), errors.Is(err, claim.ErrForgotten):
		return http.StatusGone, text.M("page.link.expired", text.Dur("span", claim.Lifetime))
	case errors.Is(err, acktoken.ErrOtherInstallation):
		return http.StatusNotFound, text.M("page.link.other")
	case errors.Is(err, claim.ErrStranger):
		return http.StatusForbidden, text.M("page.link.stranger")
	}
	return http.StatusNotFound, text.M("page.link.damaged")
}

func (v *view) linkFails(w http.ResponseWriter, status int, says text.Message) {
	v.Title, v.Data = v.say(text.M("page.link.fails")), v.say(says)
	v.render(w, "acklinkfails.html", status)
}

// ackPage draws the page of a good link.
func (v *view) ackPage(w http.ResponseWriter, c claim.Claim, says text.Message, status int) {
	k := &known{group: map[string]string{}}
	d := ackData{incidentRow: v.incidentRow(c.Incident, k), For: cut(c.Contact.Name, 40), Says: v.say(says)}
	v.Title = d.Name
	if c.Known {
		now := v.problem(&c.Service, k)
		d.Now = &now
	}
	d.AckedBy, d.Can = "", c.Free()
	if c.Open() && c.Service.Ack != nil {
		d.AckedBy = cut(c.Service.Ack.By, 60)
		d.Give = claim.Holder(c.Service.Ack.By) == c.Contact.Name
	}
	if d.Can {
		d.Spans = v.spans()
	}
	for _, n := range c.Incident.Notified {
		n.To, n.Answer = "", ""
		d.Told = append(d.Told, v.told(n))
	}
	v.Data = d
	v.render(w, "acklink.html", status)
}

// standing says how it is before anything is pressed.
func (v *view) standing(c claim.Claim) text.Message {
	held := c.Service.Ack
	switch {
	case c.Free():
		return v.outcome(c, claim.Free, alerting.Ack{})
	case !c.Open() || held == nil:
		return v.outcome(c, claim.Over, alerting.Ack{})
	case claim.Holder(held.By) == c.Contact.Name:
		return v.outcome(c, claim.Yours, *held)
	}
	return v.outcome(c, claim.Held, *held)
}

// outcome says what has become of a request.
func (v *view) outcome(c claim.Claim, o claim.Outcome, held alerting.Ack) text.Message {
	switch o {
	case claim.Taken:
		return text.M("page.link.taken", text.Str("who", cut(c.Contact.Name, 40)))
	case claim.Yours:
		return text.M("page.link.yours", text.Time("at", held.At))
	case claim.Held:
		if c.Service.Ack != nil {
			held = *c.Service.Ack
		}
		return text.M("page.link.held", text.Str("who", cut(held.By, 60)), text.Time("at", held.At))
	case claim.Given:
		return text.M("page.link.given")
	case claim.Free:
		return text.M("page.link.free", text.Str("who", cut(c.Contact.Name, 40)))
	}
	if c.Incident.Closed.IsZero() {
		return text.M("page.link.well")
	}
	return text.M("page.link.over", text.Time("at", c.Incident.Closed))
}

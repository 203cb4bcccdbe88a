package dashboards

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// maxReason bounds what somebody writes beside an acknowledgement or a downtime.
const maxReason = 500

// ackSpans are the times after which an acknowledgement may lapse.
var ackSpans = []string{"1h", "4h", "8h", "24h", "72h"}

// acknowledge takes a problem for whoever is logged in.
func (p *Pages) acknowledge(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	if !p.mayWrite(w, r, v) {
		return
	}
	s, err := checks.ParseService(r.PostFormValue("service"))
	if err != nil || p.Acknowledge == nil {
		p.notFound(w, r)
		return
	}
	form := AckForm{Who: v.Who, Reason: cut(r.PostFormValue("reason"), maxReason), UntilWorse: r.PostFormValue("sticky") == ""}
	if d, err := time.ParseDuration(r.PostFormValue("for")); err == nil && d > 0 {
		form.Until = v.Now.Add(d)
	}
	p.done(w, r, v, p.Acknowledge(r.Context(), s, form), "page.ack.failed")
}

// unacknowledge gives a problem back.
func (p *Pages) unacknowledge(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	if !p.mayWrite(w, r, v) {
		return
	}
	s, err := checks.ParseService(r.PostFormValue("service"))
	if err != nil || p.Unacknowledge == nil {
		p.notFound(w, r)
		return
	}
	p.done(w, r, v, p.Unacknowledge(r.Context(), s, v.Who), "page.ack.failed")
}

// checkNow asks for a run of a check at once.
func (p *Pages) checkNow(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "hosts")
	if !p.mayWrite(w, r, v) {
		return
	}
	s, err := checks.ParseService(r.PostFormValue("service"))
	if err != nil || p.CheckNow == nil {
		p.notFound(w, r)
		return
	}
	p.done(w, r, v, p.CheckNow(r.Context(), s), "page.checknow.failed")
}

// done goes back to the page that a form was on, or says why nothing happened.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, v *view, err error, failed string) {
	if err == nil {
		http.Redirect(w, r, backTo(r), http.StatusSeeOther)
		return
	}
	p.Logger.Warn("not done", logkeys.Component, "dashboards", logkeys.Path, r.URL.Path, logkeys.Err, err)
	status, says := http.StatusServiceUnavailable, text.Message{ID: failed}
	if errors.Is(err, ErrRefused) {
		status, says = http.StatusConflict, text.M("page.refused.because", text.Str("why", cut(err.Error(), 300)))
	}
	v.Title, v.Data = v.say(text.M("page.notdone.title")), notDone{v.say(says), backTo(r)}
	v.render(w, "notdone.html", status)
}

type notDone struct{ Says, Back string }

// backTo is the page that a form was on: an address of ours, whatever is sent.
func backTo(r *http.Request) string {
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		return "/"
	}
	return back
}

// mayWrite answers with a refusal unless a person who may write sent our form.
func (p *Pages) mayWrite(w http.ResponseWriter, r *http.Request, v *view) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	want := p.CSRF(r)
	same := want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(r.PostFormValue("csrf"))) == 1
	if v.CanWrite && same {
		return true
	}
	v.Title = v.say(text.M("page.refused.title"))
	v.render(w, "refused.html", http.StatusForbidden)
	return false
}

// controls is what a page may offer for one service.
type controls struct {
	Service  string // its whole name
	Back     string // the page to return to
	CSRF     string
	Ack      bool
	Unack    bool
	Check    bool
	Clear    bool   // a line raised it: a person may end it
	Downtime string // where one is planned; empty when it cannot be
	Spans    []ackSpan
}

type ackSpan struct{ Value, Word string }

// Any reports whether there is anything to offer.
func (c controls) Any() bool { return c.Ack || c.Unack || c.Check || c.Clear || c.Downtime != "" }

// controls lists what can be done about a service by who is looking.
func (v *view) controls(row *problem) controls {
	c := controls{Service: row.Service.String(), Back: v.Path, CSRF: v.CSRF}
	if !v.CanWrite {
		return c
	}
	trouble := row.Bad() || slices.ContainsFunc(row.Marks, func(m mark) bool { return m.Key == "flapping" })
	c.Ack = trouble && row.AckedBy == "" && v.p.Acknowledge != nil
	c.Unack = row.AckedBy != "" && v.p.Unacknowledge != nil
	ofLog := row.Service.Check == alerting.LogCheck
	c.Check = v.p.CheckNow != nil && !ofLog
	c.Clear = trouble && ofLog && v.p.ClearLog != nil
	if v.p.AddDowntime != nil {
		c.Downtime = "/downtimes?host=" + queryEscape(row.Service.Host) + "&check=" + queryEscape(row.Service.Check) + "&item=" + queryEscape(row.Service.Item) + "#new"
	}
	c.Spans = v.spans()
	return c
}

// spans are the times for which a problem may be taken.
func (v *view) spans() []ackSpan {
	var list []ackSpan
	for _, s := range ackSpans {
		d, _ := time.ParseDuration(s)
		list = append(list, ackSpan{s, v.say(text.M("page.ack.for", text.Dur("span", d)))})
	}
	return list
}

// runningDowntimes lists those that hold now; without the list a page still
// shows the marks.
func (v *view) runningDowntimes(ctx context.Context, covers func(Downtime) bool) []string {
	if v.p.Downtimes == nil {
		return nil
	}
	list, err := v.p.Downtimes(ctx)
	if err != nil {
		v.fail("downtimes", err)
	}
	var says []string
	for _, d := range list {
		if d.Running && d.Ended.IsZero() && covers(d) {
			says = append(says, v.say(text.M("page.downtime.runs", text.Str("what", cut(d.What(), 80)), text.Str("until", v.clockShort(d.End)), text.Str("who", cut(d.Who, 40)), text.Str("reason", cut(d.Reason, 200)))))
		}
	}
	return says
}

// covers reports whether a downtime is for a service.
func (v *view) covers(d Downtime, s checks.Service) bool {
	switch {
	case d.Host != "":
		return d.Host == s.Host
	case d.Group != "":
		inv := v.p.Inventory()
		if inv == nil {
			return false
		}
		h, ok := inv.Host(s.Host)
		return ok && h.In(d.Group)
	case d.Service.Item == "":
		return d.Service.Host == s.Host && d.Service.Check == s.Check
	}
	return d.Service == s
}

package dashboards

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/checks"
	"monitord/internal/acktoken"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// linkHouse is a house whose first incident was told to noc and boss, and whose
// links work.
type linkHouse struct {
	*house
	p     *Pages
	desk  *claim.Desk
	fault error // of the journal
	log   *bytes.Buffer
}

func newLinkHouse(t *testing.T) *linkHouse {
	t.Helper()
	h := &linkHouse{house: newHouse(), log: &bytes.Buffer{}}
	h.service("db1/pgsql", checks.Critical, 12*time.Minute)
	for _, who := range []string{"noc", "boss"} {
		to := who + "@example.net"
		h.incidents[0].Notified = append(h.incidents[0].Notified, alerting.Delivery{Contact: who, Channel: "mail", To: to, Kind: "problem", Queued: start.Add(-time.Minute), Sent: start.Add(-time.Minute), Answer: "250 queued as 4Zx"})
		h.inv.Contacts = append(h.inv.Contacts, inventory.Contact{Name: who, Language: text.English, Channels: []inventory.Channel{{Kind: "mail", To: to}}})
	}
	h.desk = claim.New(claim.Deps{Signer: acktoken.New(make([]byte, acktoken.KeyLength)), Now: func() time.Time { return start }, Engine: h,
		Contact: func(name string) (inventory.Contact, bool) {
			for _, c := range h.inv.Contacts {
				if c.Name == name {
					return c, true
				}
			}
			return inventory.Contact{}, false
		}})
	h.p = h.pages(t)
	h.p.Claims, h.p.Logger = h.desk, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return h
}

func (h *linkHouse) Incident(id int64) (alerting.Incident, bool) {
	for _, in := range h.incidents {
		if in.ID == id {
			return in, true
		}
	}
	return alerting.Incident{}, false
}

func (h *linkHouse) Service(checks.Service) (alerting.ServiceState, bool) { return h.services[0], true }

func (h *linkHouse) TakeIncident(_ context.Context, _ int64, ack alerting.Ack) (alerting.Ack, error) {
	s := &h.services[0]
	switch {
	case h.fault != nil:
		return alerting.Ack{}, h.fault
	case s.Ack != nil:
		return *s.Ack, alerting.ErrTaken
	case s.Incident == 0:
		return alerting.Ack{}, alerting.ErrIncidentOver
	}
	ack.At, s.Ack = start, &ack
	return ack, nil
}

func (h *linkHouse) UnacknowledgeIncident(context.Context, int64, string) (checks.Service, error) {
	h.services[0].Ack = nil
	return h.services[0].Service, nil
}

// link is the path of the link that a contact was sent.
func (h *linkHouse) link(contact string) string {
	return "/ack/" + h.desk.Token(alerting.Message{Incident: 1, Kind: alerting.KindProblem, Contact: contact, Channel: "mail", To: contact + "@example.net", Queued: start})
}

// ask is a request without any session, from an address.
func (h *linkHouse) ask(method, path, from string, fields url.Values) (*http.Response, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(fields.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.RemoteAddr = from + ":40000"
	w := httptest.NewRecorder()
	h.p.Handler().ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

func (h *linkHouse) want(t *testing.T, method, path string, fields url.Values, status int, parts ...string) {
	t.Helper()
	resp, body := h.ask(method, path, "192.0.2.1", fields)
	if resp.StatusCode != status {
		t.Errorf("%s answers %d, want %d: %s", method, resp.StatusCode, status, body)
	}
	wantIn(t, body, parts...)
}

func TestLookingAtALinkChangesNothingAndPressingTakes(t *testing.T) {
	h := newLinkHouse(t)
	path := h.link("noc")
	for range 3 {
		h.want(t, "GET", path, nil, 200, "db1/pgsql", "what db1/pgsql says", "12 min", "Nobody has it yet", `<form method="post"`, `name="reason"`, `name="for"`, "boss")
		h.want(t, "HEAD", path, nil, 200)
	}
	if h.services[0].Ack != nil {
		t.Fatal("a mail scanner that opens the link takes the incident")
	}
	h.want(t, "POST", path, url.Values{"reason": {"new disk"}, "for": {"4h"}}, 200, "You have it now, noc", `value="give"`)
	if got := *h.services[0].Ack; got.By != "noc (link)" || got.Reason != "new disk" || !got.Until.Equal(start.Add(4*time.Hour)) {
		t.Errorf("acknowledged as %+v", got)
	}
}

func TestALinkUsedTwiceSaysWhoHasItSinceWhen(t *testing.T) {
	h := newLinkHouse(t)
	h.want(t, "POST", h.link("noc"), nil, 200, "You have it now")
	h.want(t, "POST", h.link("noc"), url.Values{"reason": {"again"}}, 200, "You have had it since")
	h.want(t, "GET", h.link("noc"), nil, 200, "You have had it since")
	h.want(t, "POST", h.link("boss"), nil, 409, "noc (link) has had it since")
	h.want(t, "GET", h.link("boss"), nil, 200, "noc (link) has had it since")
	if got := h.services[0].Ack; got.By != "noc (link)" || got.Reason != "" {
		t.Errorf("the second press changed it: %+v", got)
	}
	h.want(t, "POST", h.link("boss"), url.Values{"do": {"give"}}, 409, "noc (link)")
	h.want(t, "POST", h.link("noc"), url.Values{"do": {"give"}}, 200, "You have given it back", `name="reason"`)
	h.want(t, "POST", h.link("boss"), nil, 200, "You have it now, boss")
}

func TestALinkAfterTheRecoverySaysSo(t *testing.T) {
	h := newLinkHouse(t)
	h.services[0].Incident, h.services[0].HardState, h.services[0].State = 0, checks.OK, checks.OK
	h.want(t, "GET", h.link("noc"), nil, 200, "It is well again")
	h.incidents[0].Closed = start.Add(-time.Minute)
	h.want(t, "GET", h.link("noc"), nil, 200, "It has been well again since")
	h.want(t, "POST", h.link("noc"), nil, 409, "It has been well again since")
	_, body := h.ask("GET", h.link("noc"), "192.0.2.1", nil)
	wantNotIn(t, body, "<form")
}

func TestALinkNeedsNoLoginAndNoSessionOpensIt(t *testing.T) {
	h := newLinkHouse(t)
	h.p.Identity = func(*http.Request) (string, bool) { return "", false }
	h.p.CSRF = func(*http.Request) string { return "" }
	h.want(t, "POST", h.link("noc"), nil, 200, "You have it now, noc")
	h = newLinkHouse(t)
	h.want(t, "POST", "/ack/"+strings.Repeat("a", acktoken.Length), url.Values{"csrf": {"token"}}, 404, "This link does not work")
	if h.services[0].Ack != nil {
		t.Error("a session takes an incident with a wrong link")
	}
}

func TestALinkThatDoesNotWorkSaysWhatHelps(t *testing.T) {
	h := newLinkHouse(t)
	good := h.link("noc")
	last := "a"
	if strings.HasSuffix(good, "a") {
		last = "b"
	}
	other := acktoken.New(bytes.Repeat([]byte{1}, acktoken.KeyLength)).Sign(1, acktoken.Recipient{Contact: "noc", Channel: "mail", Address: "noc@example.net"}, start.Add(time.Hour))
	old := acktoken.New(make([]byte, acktoken.KeyLength)).Sign(1, acktoken.Recipient{Contact: "noc", Channel: "mail", Address: "noc@example.net"}, start)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		good[:len(good)-1] + last:      {404, "It is damaged"},
		good[:30]:                      {404, "Copy the whole link"},
		"/ack/" + other:                {404, "made by another server"},
		"/ack/" + old:                  {410, "links work for 7 d"},
		"/ack/%3Cscript%3Ealert(1)%3C": {404, "It is damaged"},
	} {
		for _, method := range []string{"GET", "POST"} {
			h.want(t, method, path, nil, want.status, want.says)
		}
	}
	h.inv.Contacts = h.inv.Contacts[1:]
	h.want(t, "POST", good, nil, 403, "not told at that address any more")
	if h.services[0].Ack != nil {
		t.Error("one of them took the incident")
	}
	h.p.Claims = nil
	h.want(t, "GET", good, nil, 404, "makes no such links")
}

func TestGuessingIsSlowedAndAGoodLinkWorksAllTheSame(t *testing.T) {
	h := newLinkHouse(t)
	bad := "/ack/" + strings.Repeat("a", acktoken.Length)
	count := func(from string) map[int]int {
		got := map[int]int{}
		for range 2 * tokenTries {
			resp, _ := h.ask("POST", bad, from, nil)
			got[resp.StatusCode]++
		}
		return got
	}
	for _, from := range []string{"192.0.2.7", "[2001:db8::1]"} {
		if got := count(from); got[404] != tokenTries || got[429] != tokenTries {
			t.Errorf("%s: %v", from, got)
		}
	}
	if got := count("[2001:db8::2]"); got[429] != 2*tokenTries {
		t.Errorf("another address of the same network: %v", got)
	}
	if resp, _ := h.ask("POST", h.link("noc"), "192.0.2.7", nil); resp.StatusCode != 200 {
		t.Errorf("a good link from the same address answers %d", resp.StatusCode)
	}
}

func TestALinkStaysASecret(t *testing.T) {
	h := newLinkHouse(t)
	path := h.link("noc")
	token := strings.TrimPrefix(path, "/ack/")
	h.fault = errStore
	for _, method := range []string{"GET", "POST"} {
		resp, body := h.ask(method, path+"?lang=ja", "192.0.2.1", nil)
		for name, want := range map[string]string{"Referrer-Policy": "strict-origin", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", method, name, got, want)
			}
		}
		if len(resp.Cookies()) > 0 {
			t.Errorf("%s sets cookies", method)
		}
		if strings.Contains(body, token) {
			t.Errorf("%s: the page holds its token", method)
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "noscript") || strings.Contains(body, "//") {
			t.Errorf("%s: the page loads or refreshes something", method)
		}
	}
	if h.log.Len() == 0 || strings.Contains(h.log.String(), token) {
		t.Errorf("log: %s", h.log)
	}
}

func TestALinkIsReadInItsContactsLanguageAndZone(t *testing.T) {
	h := newLinkHouse(t)
	h.inv.Contacts[0].Language, h.inv.Contacts[0].Zone = text.Japanese, time.FixedZone("JST", 9*3600)
	h.want(t, "GET", h.link("noc"), nil, 200, `lang="ja"`, "未対応です", "JST")
	h.want(t, "GET", h.link("noc")+"?lang=en", nil, 200, `lang="en"`, "Nobody has it yet")
	h.want(t, "GET", h.link("boss"), nil, 200, `lang="en"`)
}

func TestWhatAStrangerWroteStaysText(t *testing.T) {
	h := newLinkHouse(t)
	h.services[0].Summary = text.Verbatim("<script>alert(1)</script>\r\nSubject: x")
	h.incidents[0].Summary = h.services[0].Summary
	h.want(t, "POST", h.link("noc"), url.Values{"reason": {"<b>x</b>\r\nBcc: all@example.net\u202e"}}, 200)
	if got := h.services[0].Ack.Reason; strings.ContainsAny(got, "\r\n\u202e") {
		t.Errorf("the reason keeps line ends: %q", got)
	}
	_, body := h.ask("GET", h.link("noc"), "192.0.2.1", nil)
	wantNotIn(t, body, "<script>")
	resp, _ := h.ask("POST", h.link("noc"), "192.0.2.1", url.Values{"reason": {strings.Repeat("x", 1<<20)}})
	if resp.StatusCode != 200 || len(h.services[0].Ack.Reason) > maxReason {
		t.Errorf("a megabyte of reason answers %d", resp.StatusCode)
	}
}

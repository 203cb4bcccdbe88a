package mail

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/text"
)

// page is what a mail says, in the reader's language: both parts are made of
// it, so that they cannot differ.
type page struct {
	Lang     text.Lang
	Subject  string
	Warning  string // first line when the journal cannot be written
	Badge    string // the state's word
	Color    string // of the badge
	Headline string
	Summary  string
	Facts    []fact
	Evidence string // lines as the peer sent them
	Said     string // the title over Evidence
	LinkText string
	Link     string
	Footer   string
	Graph    string // alternative text of the picture; "" when there is none
	CID      string
}

type fact struct{ Name, Value string }

// colours of a badge: with white letters each has a contrast of 4.5 or more.
var colours = map[checks.State]string{checks.OK: "#1a7f37", checks.Warning: "#9a6700", checks.Critical: "#cf222e", checks.Unknown: "#8250df"}

// page finds the words of a notification.
func (c *Channel) page(n notify.Notification, graph bool) page {
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		zone = time.UTC
	}
	say := func(m text.Message) string { return oneLine(c.deps.Words.Render(n.Language, zone, m)) }
	p := page{Lang: n.Language, CID: pictureID, Summary: say(n.Notice.Summary)}
	if n.Broken != nil {
		p.Warning = say(text.M("notify.journal_broken", text.Str("error", n.Broken.Error())))
	}
	service := text.Str("service", n.Notice.Service.String())
	state := n.Notice.State
	lasted := text.Dur("lasted", n.Notice.Closed.Sub(n.Notice.Opened))
	switch {
	case n.Kind == alerting.KindRecovery && n.Notice.Gone:
		p.Badge = say(text.M("notify.badge.gone"))
		p.Headline = say(text.M("notify.headline.gone", service, lasted))
		p.Subject = say(text.M("notify.subject.gone", service, lasted))
		p.Color = "#57606a"
	case n.Kind == alerting.KindRecovery:
		p.Badge = say(text.M("notify.badge.recovery"))
		p.Headline = say(text.M("notify.headline.recovery", service, lasted))
		p.Subject = say(text.M("notify.subject.recovery", service, lasted))
		p.Color = colours[checks.OK]
	default:
		p.Badge = say(stateWord(state))
		p.Headline = say(text.M("notify.headline.problem", service, text.Sub("state", stateWord(state)), text.Time("since", n.Notice.Since)))
		p.Subject = say(text.M("notify.subject.problem", service, text.Sub("state", stateWord(state)), text.Str("summary", p.Summary)))
		p.Color = colours[state]
	}
	p.Subject = truncate(p.Subject, subjectWidth)
	p.Facts = facts(n, zone, say)
	if e := evidence(n.Notice.Evidence); e != "" && n.Kind == alerting.KindProblem {
		p.Said, p.Evidence = say(text.M("notify.evidence")), e
	}
	if c.deps.Link != nil {
		if p.Link = oneLine(c.deps.Link(n.Notice.Service)); p.Link != "" {
			p.LinkText = say(text.M("notify.link"))
		}
	}
	if graph {
		p.Graph = say(text.M("notify.graph", service))
	}
	p.Footer = say(text.M("notify.footer", text.Int("incident", n.Incident), text.Str("contact", n.Contact)))
	return p
}

// facts lists what is known, one name and value each.
func facts(n notify.Notification, zone *time.Location, say func(text.Message) string) []fact {
	var list []fact
	add := func(name text.Message, value string) {
		if value != "" {
			list = append(list, fact{say(name), oneLine(value)})
		}
	}
	when := func(t time.Time) string {
		return say(text.M("notify.time", text.Time("time", t), text.Str("zone", t.In(zone).Format("MST"))))
	}
	notice := n.Notice
	add(text.M("notify.fact.host"), hostWords(notice))
	if n.Kind == alerting.KindProblem {
		add(text.M("notify.fact.reason"), say(reasonWord(notice.Reason)))
		add(text.M("notify.fact.phases"), phases(n.Language, notice.Phases))
		add(text.M("notify.fact.confirmed"), say(text.M("notify.confirmed", text.Int("n", notice.Attempts))))
		add(text.M("notify.fact.opened"), when(notice.Opened))
	} else {
		add(text.M("notify.fact.opened"), when(notice.Opened))
		add(text.M("notify.fact.closed"), when(notice.Closed))
		add(text.M("notify.fact.worst"), say(stateWord(notice.Worst)))
	}
	add(text.M("notify.fact.others"), strings.Join(notice.Others, ", "))
	return list
}

func hostWords(n alerting.Notice) string {
	if n.Address == "" || n.Address == n.Service.Host {
		return n.Service.Host
	}
	return n.Service.Host + " (" + n.Address + ")"
}

func phases(lang text.Lang, list []checks.Phase) string {
	var parts []string
	for _, p := range list {
		parts = append(parts, p.Name+" "+text.FormatDur(lang, p.Took))
	}
	return strings.Join(parts, ", ")
}

func stateWord(s checks.State) text.Message {
	switch s {
	case checks.OK:
		return text.M("state.ok")
	case checks.Warning:
		return text.M("state.warning")
	case checks.Critical:
		return text.M("state.critical")
	}
	return text.M("state.unknown")
}

func reasonWord(r checks.Reason) text.Message {
	switch r {
	case checks.ReasonNone:
		return text.Message{}
	case checks.ReasonDNS:
		return text.M("notify.reason.dns")
	case checks.ReasonConnect:
		return text.M("notify.reason.connect")
	case checks.ReasonTLS:
		return text.M("notify.reason.tls")
	case checks.ReasonTimeout:
		return text.M("notify.reason.timeout")
	case checks.ReasonAuth:
		return text.M("notify.reason.auth")
	case checks.ReasonStatus:
		return text.M("notify.reason.status")
	case checks.ReasonContent:
		return text.M("notify.reason.content")
	case checks.ReasonProtocol:
		return text.M("notify.reason.protocol")
	case checks.ReasonThreshold:
		return text.M("notify.reason.threshold")
	case checks.ReasonNoData:
		return text.M("notify.reason.no_data")
	case checks.ReasonPermission:
		return text.M("notify.reason.permission")
	case checks.ReasonInternal:
		return text.M("notify.reason.internal")
	}
	return text.Verbatim(string(r))
}

// subjectWidth is the longest subject, in columns: what a list of mails shows.
const subjectWidth = 120

// oneLine makes any text one line of valid UTF-8 without control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || steers(r)
	}), " ")
}

// steers reports whether a rune changes the direction or joins of the text
// around it: a check's output must not turn our words round.
func steers(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// The part of the evidence that a mail quotes.
const (
	evidenceLines   = 12
	evidenceColumns = 76
)

// evidence is the start of what the peer said, as safe lines.
func evidence(b []byte) string {
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(string(b), "\uFFFD")) {
		if len(lines) == evidenceLines {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, truncate(oneLine(line), evidenceColumns))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// columns is how wide a rune is on a terminal.
func columns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// truncate cuts a line to so many columns.
func truncate(s string, limit int) string {
	used := 0
	for i, r := range s {
		if used += columns(r); used > limit-1 && i+len(string(r)) < len(s) {
			return s[:i] + "…"
		}
	}
	return s
}

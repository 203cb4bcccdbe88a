package notify

import (
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// Words is what a notification says, in the reader's language. Every channel
// takes its sentences from here, so that they all say the same. Each text is
// one line without control characters, except Evidence.
type Words struct {
	Lang     text.Lang
	Zone     *time.Location // of the reader; never nil
	Warning  string         // goes first: the journal cannot be written; "" when it can
	Repeat   string         // that this may have arrived before; "" when it has not
	Badge    string         // the state's word
	Color    string         // of the badge, as #rrggbb; white letters on it have a contrast of 4.5 or more
	Subject  string         // one line that says it all, at most 120 columns
	Headline string         // a sentence: what is how since when
	Summary  string         // what the check said; "" when it said nothing
	Facts    []Fact         // what is known, in the order shown
	Said     string         // the title over Evidence
	Evidence string         // at most eleven lines as the peer sent them; "" when there are none, or all is well
	Marked   int            // the line of Evidence, from 1, that it is about; 0: all of it
	Footer   string         // which incident, to whom
	Page     Way            // where the service's graph and details are
	Take     Way            // a link that takes the problem; never in a recovery
	Reply    Way            // an address: a reply to it takes the problem; never in a recovery
}

// Way is somewhere that a reader can go. Both are "" when there is none.
type Way struct{ Text, To string }

// Fact is one thing that is known.
type Fact struct{ Name, Value string }

// colours of a badge: with white letters each has a contrast of 4.5 or more.
var colours = map[checks.State]string{checks.OK: "#1a7f37", checks.Warning: "#9a6700", checks.Critical: "#cf222e", checks.Unknown: "#8250df"}

// goneColour is that of an incident closed because nobody watches any more.
const goneColour = "#57606a"

// Wording finds the words of a notification.
func Wording(deps ChannelDeps, n Notification) Words {
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		zone = time.UTC
	}
	say := func(m text.Message) string { return OneLine(deps.Words.Render(n.Language, zone, m)) }
	w := Words{Lang: n.Language, Zone: zone, Summary: say(n.Notice.Summary)}
	if n.Broken != nil {
		w.Warning = say(text.M("notify.journal_broken", text.Str("error", n.Broken.Error())))
	}
	if n.Repeat {
		w.Repeat = say(text.M("notify.repeat"))
	}
	service := text.Str("service", n.Notice.Service.String())
	state := n.Notice.State
	lasted := text.Dur("lasted", n.Notice.Closed.Sub(n.Notice.Opened))
	switch {
	case n.Notice.Storm > 0:
		w.storm(n, say)
	case n.Kind == alerting.KindRecovery && n.Notice.Gone:
		w.Badge = say(text.M("notify.badge.gone"))
		w.Headline = say(text.M("notify.headline.gone", service, lasted))
		w.Subject = say(text.M("notify.subject.gone", service, lasted))
		w.Color = goneColour
	case n.Kind == alerting.KindRecovery:
		w.Badge = say(text.M("notify.badge.recovery"))
		w.Headline = say(text.M("notify.headline.recovery", service, lasted))
		w.Subject = say(text.M("notify.subject.recovery", service, lasted))
		w.Color = colours[checks.OK]
	default:
		w.Badge = say(StateWord(state))
		w.Headline = say(text.M("notify.headline.problem", service, text.Sub("state", StateWord(state)), text.Time("since", n.Notice.Since)))
		w.Subject = say(text.M("notify.subject.problem", service, text.Sub("state", StateWord(state)), text.Str("summary", w.Summary)))
		w.Color = colours[state]
	}
	w.Subject = Truncate(w.Subject, subjectWidth)
	w.Facts = facts(n, zone, say)
	if n.Kind == alerting.KindProblem {
		w.quote(n.Notice, say)
	}
	w.Footer = say(text.M("notify.footer", text.Int("incident", n.Incident), text.Str("contact", n.Contact)))
	w.ways(deps, n, say)
	return w
}

// quote finds what the peer said, or the line of a log and its context.
func (w *Words) quote(n alerting.Notice, say func(text.Message) string) {
	if q, marked := quoteLog(n.Service, n.Evidence); marked > 0 {
		w.Said, w.Evidence, w.Marked = say(text.M("notify.evidence.log")), q, marked
	} else if q := Quote(n.Evidence, QuoteLines); q != "" {
		w.Said, w.Evidence = say(text.M("notify.evidence")), q
	}
}

// storm finds the words of a message that stands for many problems.
func (w *Words) storm(n Notification, say func(text.Message) string) {
	count := text.Int("count", n.Notice.Storm)
	if n.Kind == alerting.KindRecovery {
		w.Badge, w.Color = say(text.M("notify.badge.recovery")), colours[checks.OK]
		w.Headline = say(text.M("notify.headline.storm_over", count))
		w.Subject = say(text.M("notify.subject.storm_over", count))
		return
	}
	w.Badge, w.Color = say(text.M("notify.badge.storm")), colours[n.Notice.State]
	w.Headline = say(text.M("notify.headline.storm", count))
	w.Subject = say(text.M("notify.subject.storm", count, text.Str("summary", w.Summary)))
}

// ways finds where the reader can go.
func (w *Words) ways(deps ChannelDeps, n Notification, say func(text.Message) string) {
	way := func(to string, m text.Message) Way {
		if to = OneLine(to); to == "" {
			return Way{}
		}
		return Way{say(m), to}
	}
	if deps.Link != nil {
		w.Page = way(deps.Link(n.Notice.Service), text.M("notify.link"))
	}
	if n.Kind != alerting.KindProblem {
		return // the page of a storm stands for many: its reader chooses
	}
	if deps.AckLink != nil {
		w.Take = way(deps.AckLink(n.Message), text.M("notify.take"))
	}
	if deps.ReplyTo != nil {
		w.Reply = way(deps.ReplyTo(n.Message), text.M("notify.reply"))
	}
}

// subjectWidth is the longest subject, in columns: what a list of mails shows.
const subjectWidth = 120

// facts lists what is known, one name and value each.
func facts(n Notification, zone *time.Location, say func(text.Message) string) []Fact {
	var list []Fact
	add := func(name text.Message, value string) {
		if value != "" {
			list = append(list, Fact{say(name), OneLine(value)})
		}
	}
	when := func(t time.Time) string {
		return say(text.M("notify.time", text.Time("time", t), text.Str("zone", t.In(zone).Format("MST"))))
	}
	notice := n.Notice
	if notice.Storm > 0 {
		return nil // it is about no host alone
	}
	add(text.M("notify.fact.host"), hostWords(notice))
	if n.Kind == alerting.KindProblem {
		add(text.M("notify.fact.reason"), say(reasonWord(notice.Reason)))
		add(text.M("notify.fact.phases"), phases(n.Language, notice.Phases))
		add(text.M("notify.fact.confirmed"), say(text.M("notify.confirmed", text.Int("n", notice.Attempts))))
		add(text.M("notify.fact.opened"), when(notice.Opened))
	} else {
		add(text.M("notify.fact.opened"), when(notice.Opened))
		add(text.M("notify.fact.closed"), when(notice.Closed))
		add(text.M("notify.fact.worst"), say(StateWord(notice.Worst)))
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

// StateWord is the word of a state.
func StateWord(s checks.State) text.Message {
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

package phone

import (
	"strings"
	"time"
	"unicode"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/text"
)

// telling is what one call says, in parts that can be left out.
type telling struct {
	first   string   // state and host: never left out
	check   string   // which check
	reason  string   // what is wrong, in a few words
	summary []string // what is wrong, as the check says it, word by word
	lasted  string   // how long
}

// telling finds the words of a notification.
func (c *Channel) telling(n notify.Notification) telling {
	say := func(m text.Message) string { return c.deps.Words.Render(n.Language, time.UTC, m) }
	notice := n.Notice
	t := telling{first: say(headline(n))}
	if n.Notice.Storm > 0 {
		return t
	}
	if n.Broken != nil {
		t.first = say(text.M("phone.journal")) + " " + t.first
	}
	what := speakable(notice.Service.Check + " " + notice.Service.Item)
	t.check = say(text.M("phone.check", text.Str("check", what)))
	if n.Kind == alerting.KindRecovery {
		t.lasted = say(text.M("phone.lasted_recovery", text.Sub("lasted", span(notice.Closed.Sub(notice.Opened)))))
		return t
	}
	t.reason = say(reasonWord(notice.Reason))
	t.lasted = say(text.M("phone.lasted", text.Sub("lasted", span(c.deps.Now().Sub(notice.Opened)))))
	if summary := speakable(say(notice.Summary)); c.config.Kanji || n.Language != text.Japanese || !hasKanji(summary) {
		t.summary = strings.Fields(summary)
	}
	return t
}

func headline(n notify.Notification) text.Message {
	host := text.Str("host", speakable(n.Notice.Service.Host))
	state := text.Sub("state", stateWord(n.Notice.State))
	switch {
	case n.Notice.Storm > 0 && n.Kind == alerting.KindRecovery:
		return text.M("phone.storm_over", text.Int("n", n.Notice.Storm))
	case n.Notice.Storm > 0:
		return text.M("phone.storm", text.Int("n", n.Notice.Storm))
	case n.Kind == alerting.KindRecovery && n.Notice.Gone:
		return text.M("phone.gone", host)
	case n.Kind == alerting.KindRecovery:
		return text.M("phone.recovery", host)
	case n.Notice.Missed:
		return text.M("phone.missed", host)
	case n.Notice.Flapping:
		return text.M("phone.flapping", host)
	case n.Notice.Calm:
		return text.M("phone.calm", host, state)
	}
	return text.M("phone.problem", host, state)
}

// hasKanji reports whether a text has signs that only some programs can read.
func hasKanji(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// forms is what can be said, from everything to the least: first the check's own
// words go, from their end, then how long, then the reason, then the check.
func (t telling) forms() []string {
	var list []string
	for n := len(t.summary); n >= 0; n-- {
		said := strings.Join(t.summary[:n], " ")
		if said != "" {
			said += "."
		}
		list = append(list, join(t.first, t.check, t.reason, said, t.lasted))
	}
	return append(list, join(t.first, t.check, t.reason), join(t.first, t.check), t.first)
}

func join(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// span is a length of time as it is spoken: its largest unit.
func span(d time.Duration) text.Message {
	switch {
	case d < 2*time.Minute:
		return text.M("phone.seconds", text.Int("n", int64(max(d, 0)/time.Second)))
	case d < 2*time.Hour:
		return text.M("phone.minutes", text.Int("n", int64(d/time.Minute)))
	case d < 48*time.Hour:
		return text.M("phone.hours", text.Int("n", int64(d/time.Hour)))
	}
	return text.M("phone.days", text.Int("n", int64(d/(24*time.Hour))))
}

func stateWord(s checks.State) text.Message {
	switch s {
	case checks.OK:
		return text.M("phone.ok")
	case checks.Warning:
		return text.M("phone.warning")
	case checks.Critical:
		return text.M("phone.critical")
	}
	return text.M("phone.unknown")
}

func reasonWord(r checks.Reason) text.Message {
	switch r {
	case checks.ReasonDNS:
		return text.M("phone.reason.dns")
	case checks.ReasonConnect:
		return text.M("phone.reason.connect")
	case checks.ReasonTLS:
		return text.M("phone.reason.tls")
	case checks.ReasonTimeout:
		return text.M("phone.reason.timeout")
	case checks.ReasonAuth:
		return text.M("phone.reason.auth")
	case checks.ReasonStatus:
		return text.M("phone.reason.status")
	case checks.ReasonContent:
		return text.M("phone.reason.content")
	case checks.ReasonProtocol:
		return text.M("phone.reason.protocol")
	case checks.ReasonThreshold:
		return text.M("phone.reason.threshold")
	case checks.ReasonNoData:
		return text.M("phone.reason.no_data")
	case checks.ReasonPermission:
		return text.M("phone.reason.permission")
	case checks.ReasonInternal:
		return text.M("phone.reason.internal")
	}
	return text.Message{}
}

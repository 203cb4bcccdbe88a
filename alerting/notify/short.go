package notify

import (
	"net/netip"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// Fit says how much room there is for a line.
type Fit struct {
	Limit    int              // in what Measure counts
	Measure  func(string) int // of a text; the whole is the sum of its parts
	Ellipsis string           // stands for what was left out
}

// PhoneFit is the line that a phone shows of a mail: 40 columns, so at most 40
// characters.
func PhoneFit() Fit { return Fit{Limit: 40, Measure: Width, Ellipsis: "…"} }

// Short is a notification in one short line: host, what, how it is, and for how
// long ("db1 sql CRIT 12m"). What does not fit is shortened by meaning: first
// the domain goes, then the middle of the longer of the two names, whose
// beginning and end tell it from others. How it is, and for how long, is never
// cut. A limit below some 30 cannot hold them and is exceeded.
func Short(catalogue *text.Catalogue, n Notification, now time.Time, fit Fit) string {
	host, what := OneLine(n.Notice.Service.Host), OneLine(whatOf(n.Notice.Service))
	say := func(host, what string) string {
		return OneLine(catalogue.Render(n.Language, time.UTC, shortMessage(n, now, host, what)))
	}
	if s := say(host, what); fit.Measure(s) <= fit.Limit {
		return s
	}
	host = withoutDomain(host)
	if s := say(host, what); fit.Measure(s) <= fit.Limit {
		return s
	}
	// "a" for each name, or their blanks would be lost.
	room := max(fit.Limit-fit.Measure(say("a", "a"))+2*fit.Measure("a"), 2)
	share := min(fit.Measure(host), max(room/2, room-fit.Measure(what)))
	return say(fit.middle(host, share), fit.middle(what, room-share))
}

func whatOf(s checks.Service) string {
	if s.Item == "" {
		return s.Check
	}
	return s.Check + "[" + s.Item + "]"
}

func shortMessage(n Notification, now time.Time, host, what string) text.Message {
	h, w := text.Str("host", host), text.Str("what", what)
	switch {
	case n.Notice.Storm > 0 && n.Kind == alerting.KindRecovery:
		return text.M("notify.short.storm_over", text.Int("count", n.Notice.Storm))
	case n.Notice.Storm > 0:
		return text.M("notify.short.storm", text.Int("count", n.Notice.Storm), text.Sub("state", shortState(n.Notice.State)))
	case n.Kind == alerting.KindRecovery && n.Notice.Gone:
		return text.M("notify.short.gone", h, w, text.Sub("state", text.M("notify.state.gone")))
	case n.Kind == alerting.KindRecovery:
		return text.M("notify.short", h, w, text.Sub("state", text.M("notify.state.ok")),
			text.Str("lasted", shortSpan(n.Language, n.Notice.Closed.Sub(n.Notice.Opened))))
	}
	return text.M("notify.short", h, w, text.Sub("state", shortState(n.Notice.State)),
		text.Str("lasted", shortSpan(n.Language, now.Sub(n.Notice.Since))))
}

func shortState(s checks.State) text.Message {
	switch s {
	case checks.OK:
		return text.M("notify.state.ok")
	case checks.Warning:
		return text.M("notify.state.warning")
	case checks.Critical:
		return text.M("notify.state.critical")
	}
	return text.M("notify.state.unknown")
}

// shortSpan writes a span without blanks, in what matters of it: 45s, 12m,
// 1h5m, 3d2h.
func shortSpan(lang text.Lang, d time.Duration) string {
	d = max(d, 0)
	switch {
	case d >= 24*time.Hour:
		d = d.Truncate(time.Hour)
	case d >= time.Minute:
		d = d.Truncate(time.Minute)
	default:
		d = d.Truncate(time.Second)
	}
	s := strings.ReplaceAll(text.FormatDur(lang, d), " min", "m")
	return strings.ReplaceAll(s, " ", "")
}

// withoutDomain is the first label of a DNS name; an address stays as it is.
func withoutDomain(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if label, _, dotted := strings.Cut(host, "."); dotted && label != "" {
		return label
	}
	return host
}

// middle cuts the middle out of a name, so that it measures at most limit.
func (f Fit) middle(s string, limit int) string {
	if f.Measure(s) <= limit {
		return s
	}
	runes := []rune(s)
	begin, end, left := 0, len(runes), limit-f.Measure(f.Ellipsis)
	// A rune at the beginning, a rune at the end, while there is room.
	for front := true; begin < end; front = !front {
		r := runes[begin]
		if !front {
			r = runes[end-1]
		}
		if left -= f.Measure(string(r)); left < 0 {
			break
		}
		if front {
			begin++
		} else {
			end--
		}
	}
	return string(runes[:begin]) + f.Ellipsis + string(runes[end:])
}

// Cut shortens a text at its end, at a blank when one is near.
func (f Fit) Cut(s string) string {
	if f.Measure(s) <= f.Limit {
		return s
	}
	left := f.Limit - f.Measure(f.Ellipsis)
	end := 0
	for i, r := range s {
		if left -= f.Measure(string(r)); left < 0 {
			break
		}
		end = i + len(string(r))
	}
	kept := s[:end]
	if i := strings.LastIndexByte(kept, ' '); i > len(kept)*2/3 {
		kept = kept[:i]
	}
	return strings.TrimRight(kept, " ") + f.Ellipsis
}

package gateway

import (
	"strings"

	"monitord/alerting/notify"
)

// headColumns is the room of the first line: as much as a phone shows of a
// message that it announces.
const headColumns = 40

// leastSummary is how much of what the check said is worth more than a link.
const leastSummary = 20

// smsText is a message in one part: the short line, what the check said, and
// the link that takes the problem, as much as fits.
func smsText(deps notify.ChannelDeps, n notify.Notification) string {
	w := notify.Wording(deps, n)
	plain := plainer.Replace
	head := notify.Fit{Limit: headColumns, Measure: notify.Width, Ellipsis: "…"}
	first := plain(notify.Short(deps.Words, n, deps.Now(), head))
	// The broken journal is for those who read mails and walls: here the room is
	// for the problem.
	summary, link := plain(w.Summary), w.Take.To
	if _, ok := septets(link); !ok {
		link = ""
	}
	fit := fitFor(first, summary)
	part := fit
	room := fit.Limit - fit.Measure(first)
	if link != "" && fit.Measure("\n"+link)+min(fit.Measure("\n"+summary), leastSummary) <= room {
		room -= fit.Measure("\n" + link)
	} else {
		link = ""
	}
	lines := []string{first}
	if fit.Limit = room - fit.Measure("\n"); summary != "" && fit.Limit > fit.Measure(fit.Ellipsis) {
		lines = append(lines, fit.Cut(summary))
	}
	if link != "" {
		lines = append(lines, link)
	}
	// Names of rare letters can be longer than the first line's columns say.
	return part.Cut(strings.Join(lines, "\n"))
}

// spokenColumns bounds what is said of a summary: about ten seconds.
const spokenColumns = 120

// spoken is what a voice says: sentences, without what only eyes can use.
func spoken(deps notify.ChannelDeps, n notify.Notification) string {
	w := notify.Wording(deps, n)
	parts := []string{w.Headline}
	if w.Summary != "" {
		parts = append(parts, notify.Fit{Limit: spokenColumns, Measure: notify.Width, Ellipsis: ""}.Cut(w.Summary))
	}
	return strings.Join(parts, " ")
}

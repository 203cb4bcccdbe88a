package mail

import (
	"strings"

	"monitord/alerting/notify"
	"monitord/internal/text"
)

// page is what a mail says, in the reader's language: both parts are made of
// it, so that they cannot differ.
type page struct {
	notify.Words
	Graph string // alternative text of the picture; "" when there is none
	CID   string
}

// page finds the words of a notification.
func (c *Channel) page(n notify.Notification, graph bool) page {
	p := page{Words: notify.Wording(c.deps, n), CID: pictureID}
	// A repeat has the Message-ID of the first: programs show one of them.
	p.Repeat = ""
	if graph {
		p.Graph = notify.OneLine(c.deps.Words.Render(n.Language, p.Zone,
			text.M("notify.graph", text.Str("service", n.Notice.Service.String()))))
	}
	return p
}

// Quoted is the evidence, line by line.
func (p page) Quoted() []string { return strings.Split(p.Evidence, "\n") }

// Is reports whether the i-th line of the evidence is the one that it is about.
func (p page) Is(i int) bool { return i+1 == p.Marked }

package logs

import (
	"strings"
	"time"
)

// actionSpec is an action before its placeholders are filled.
type actionSpec struct {
	kind     ActionKind
	argv     []template
	to       []string
	subject  template
	text     template // nil: the message
	modes    []string
	rings    int
	keepOpen bool
	when     *hours
	gate     *gate // of this action alone
}

// fill makes the action for one match.
func (a *actionSpec) fill(f filling) Action {
	out := Action{Kind: a.kind, To: a.to, Modes: a.modes, Rings: a.rings, KeepOpen: a.keepOpen}
	for _, t := range a.argv {
		// An argument ends at a zero byte: the system takes no other.
		word, _, _ := strings.Cut(t.fill(f), "\x00")
		out.Argv = append(out.Argv, word)
	}
	switch a.kind {
	case ActionEcho, ActionMail, ActionWrite, ActionPipe:
		out.Text = f.message
		if a.text != nil {
			out.Text = a.text.fill(f)
		}
	}
	if a.kind == ActionMail {
		out.Subject = oneLine(a.subject.fill(f))
	}
	return out
}

// oneLine keeps a header of a mail from ending early.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

// hours is swatch's when=DAYS:HOURS: the days 0 (Sunday) to 6 and hours 0 to 23
// in which an action is carried out.
type hours struct {
	days, hours []([2]int) // ranges; nil: all
	zone        *time.Location
}

func (h *hours) contains(t time.Time) bool {
	if h == nil {
		return true
	}
	if h.zone != nil {
		t = t.In(h.zone)
	}
	return inRanges(h.days, int(t.Weekday())) && inRanges(h.hours, t.Hour())
}

func inRanges(ranges [][2]int, n int) bool {
	for _, r := range ranges {
		if r[0] <= n && n <= r[1] {
			return true
		}
	}
	return ranges == nil
}

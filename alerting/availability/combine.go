package availability

import (
	"time"

	"monitord/checks"
)

// timeline is a node's line, made from those of its services. One that is not
// there has no result.
func (n *Node) timeline(of map[checks.Service]Timeline) Timeline {
	if n.Kind == Leaf {
		return of[n.Service]
	}
	lines := make([]Timeline, len(n.Of))
	for i, m := range n.Of {
		lines[i] = m.timeline(of)
	}
	return combine(n.Need, lines)
}

// combine is the line of members of which need must be up.
func combine(need int, lines []Timeline) Timeline {
	var moments []time.Time
	for _, l := range lines {
		for _, s := range l {
			moments = append(moments, s.At)
		}
	}
	var out Timeline
	now := make([]Step, len(lines))
	next := make([]int, len(lines))
	for i := range now {
		now[i].Cond = NoResult
	}
	for _, at := range sortMoments(moments) {
		for i, l := range lines {
			if next[i] < len(l) && l[next[i]].At.Equal(at) {
				now[i] = l[next[i]]
				next[i]++
			}
		}
		cond, planned := together(need, now)
		out = out.add(Step{At: at, Cond: cond, Planned: planned})
	}
	return out
}

// together is what members in these conditions come to. What is known of enough
// of them decides, whatever the others are. It is planned when the plans alone
// leave fewer members than are needed: work on one of two that back each other
// up takes nothing from those who use them.
func together(need int, members []Step) (cond Cond, planned bool) {
	up, open, free, why := 0, 0, 0, NoResult
	for _, m := range members {
		switch {
		case m.Cond == Up:
			up++
		case !m.Cond.Known():
			open++
			why = max(why, m.Cond)
		}
		if !m.Planned {
			free++
		}
	}
	switch {
	case up >= need:
		cond = Up
	case up+open < need:
		cond = Down
	default:
		cond = why
	}
	return cond, free < need
}

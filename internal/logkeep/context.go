package logkeep

import (
	"context"
	"errors"
	"regexp"
)

// errEnough ends a search whose limit is reached.
var errEnough = errors.New("enough")

// maxNeighbourhoods bounds the files whose lines are remembered.
const maxNeighbourhoods = 4096

// neighbourhood is what is remembered of one file of a host.
type neighbourhood struct {
	before []Found // the last lines that were not printed, at most Ask.Context
	after  int     // how many more are printed behind a line that was found
}

// neighbours prints lines with what stands beside them in their file.
type neighbours struct {
	*printer
	expr  *regexp.Regexp
	files map[[2]string]*neighbourhood
	found int
	owed  int // lines that are still to be printed behind others, of all files
}

// withContext looks at every line of the hosts, files and times sought.
func (p *printer) withContext(ctx context.Context, dir string, q Query) (Report, error) {
	n := neighbours{printer: p, expr: q.Expr, files: map[[2]string]*neighbourhood{}}
	q.Expr, q.Limit = nil, 0
	r, err := Grep(ctx, dir, q, n.take)
	r.Lines = n.found
	if errors.Is(err, errEnough) {
		r.More, err = true, nil
	}
	return r, err
}

func (n *neighbours) take(f Found) error {
	key := [2]string{f.Host, f.Line.File}
	at := n.files[key]
	if at == nil {
		if len(n.files) >= maxNeighbourhoods {
			clear(n.files)
			n.owed = 0
		}
		at = &neighbourhood{}
		n.files[key] = at
	}
	full := n.ask.Limit > 0 && n.found >= n.ask.Limit
	switch {
	case !full && (n.expr == nil || n.expr.MatchString(f.Line.Text)):
		return n.hit(at, f)
	case at.after > 0:
		at.after--
		n.owed--
		return n.line(f, true)
	case full && n.owed == 0:
		return errEnough
	}
	if at.before = append(at.before, f); len(at.before) > n.ask.Context {
		at.before = append(at.before[:0], at.before[1:]...)
	}
	return nil
}

// hit prints what stood before a line, and the line.
func (n *neighbours) hit(at *neighbourhood, f Found) error {
	for _, b := range at.before {
		if err := n.line(b, true); err != nil {
			return err
		}
	}
	clear(at.before)
	at.before = at.before[:0]
	n.owed += n.ask.Context - at.after
	at.after = n.ask.Context
	n.found++
	return n.line(f, false)
}

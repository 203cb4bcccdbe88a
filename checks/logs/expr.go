package logs

// expr is the condition of a rule on one line: an expression, or several with
// and, or, not.
type expr interface {
	// eval decides. What the last expression that matched has captured is in e.
	eval(e *evaluation) outcome
	// needs says what text a line must hold; nil: nothing is known.
	needs() *need
}

// evaluation is one decision.
type evaluation struct {
	line    []byte
	caps    []int    // pairs of offsets by group; empty: there are no groups
	names   []string // of the groups
	scratch []int
}

func (p *pattern) eval(e *evaluation) outcome {
	got, caps := p.match(e.line, e.scratch[:0])
	if got == matches {
		e.caps, e.names = caps, p.names
		e.scratch = caps
	}
	return got
}

func (p *pattern) needs() *need { return p.need }

// allExpr matches when all do, tried in order.
type allExpr []expr

func (a allExpr) eval(e *evaluation) outcome {
	for _, x := range a {
		if got := x.eval(e); got != matches {
			return got
		}
	}
	return matches
}

func (a allExpr) needs() *need {
	subs := make([]*need, len(a))
	for i, x := range a {
		subs[i] = x.needs()
	}
	return allOf(subs)
}

// anyExpr matches when one does, tried in order. One that did not come to an end
// does not hide another that matches.
type anyExpr []expr

func (a anyExpr) eval(e *evaluation) outcome {
	best := misses
	for _, x := range a {
		switch x.eval(e) {
		case matches:
			return matches
		case timedOut:
			best = timedOut
		}
	}
	return best
}

func (a anyExpr) needs() *need {
	subs := make([]*need, len(a))
	for i, x := range a {
		subs[i] = x.needs()
	}
	return anyOf(subs)
}

// notExpr matches when the other misses. It captures nothing.
type notExpr struct{ of expr }

func (n notExpr) eval(e *evaluation) outcome {
	inner := evaluation{line: e.line}
	switch n.of.eval(&inner) {
	case matches:
		return misses
	case timedOut:
		return timedOut
	}
	return matches
}

func (n notExpr) needs() *need { return nil }

// always is a condition without an expression.
type always bool

func (a always) eval(*evaluation) outcome {
	if a {
		return matches
	}
	return misses
}

func (a always) needs() *need { return nil }

// lastExpr is Perl's comma: all are tried, the last decides.
type lastExpr []expr

func (l lastExpr) eval(e *evaluation) outcome {
	got := misses
	for _, x := range l {
		got = x.eval(e)
	}
	return got
}

func (l lastExpr) needs() *need { return l[len(l)-1].needs() }

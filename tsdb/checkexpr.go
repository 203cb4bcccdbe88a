package tsdb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// ExprFault is why a PromQL expression is not what is wanted.
type ExprFault struct {
	Line, Column int    // from 1, of the expression; 0: it is the whole that does not fit
	Near         string // what stands there, cut; "" at its end
	Problem      string // the parser's words, or what is wanted
}

// Error says all of it in one line.
func (f *ExprFault) Error() string {
	switch {
	case f.Line == 0:
		return f.Problem
	case f.Near == "":
		return fmt.Sprintf("line %d, column %d (its end): %s", f.Line, f.Column, f.Problem)
	}
	return fmt.Sprintf("line %d, column %d (%s): %s", f.Line, f.Column, f.Near, f.Problem)
}

// CheckExpr says why an expression cannot be parsed, or does not give series; nil
// when it does. Its error is an *ExprFault.
func CheckExpr(expr string) error {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	var list parser.ParseErrors
	switch {
	case errors.As(err, &list) && len(list) > 0:
		return placed(expr, int(list[0].PositionRange.Start), list[0].Err.Error())
	case err != nil:
		return &ExprFault{Problem: err.Error()}
	}
	switch t := tree.Type(); t {
	case parser.ValueTypeVector, parser.ValueTypeScalar:
		return nil
	case parser.ValueTypeMatrix:
		return &ExprFault{Problem: "got a range of samples; want one value at a time: a function around it, such as rate(…[5m]) or avg_over_time(…[5m])"}
	default:
		return &ExprFault{Problem: fmt.Sprintf("got a %s; want series", t)}
	}
}

// CheckSeries is CheckExpr for an expression that must give series of hosts: one
// number, such as 5, time() or scalar(x), is of no host.
func CheckSeries(expr string) error {
	if err := CheckExpr(expr); err != nil {
		return err
	}
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return &ExprFault{Problem: err.Error()}
	}
	if tree.Type() == parser.ValueTypeScalar || len(parser.ExtractSelectors(tree)) == 0 {
		return &ExprFault{Problem: "got one number that is of no host; want series with a label host or instance: a selector, such as node_load5, or a sum of some, such as sum by (host) (x)"}
	}
	return nil
}

// nearLength bounds what is quoted of an expression, in letters.
const nearLength = 24

// placed finds line and column of a place in an expression.
func placed(expr string, at int, problem string) *ExprFault {
	at = max(0, min(at, len(expr)))
	before := expr[:at]
	f := &ExprFault{Line: strings.Count(before, "\n") + 1, Problem: problem}
	f.Column = len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	near, _, _ := strings.Cut(expr[at:], "\n")
	if letters := []rune(strings.TrimSpace(strings.ToValidUTF8(near, "?"))); len(letters) > nearLength {
		f.Near = string(letters[:nearLength]) + "…"
	} else {
		f.Near = string(letters)
	}
	return f
}

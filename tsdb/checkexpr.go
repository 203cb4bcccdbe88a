package tsdb

import "github.com/prometheus/prometheus/promql/parser"

// CheckExpr says why a PromQL expression cannot be parsed; nil when it can be.
func CheckExpr(expr string) error {
	_, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	return err
}

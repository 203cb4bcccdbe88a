package tsdb

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Narrow makes every selector of a PromQL expression ask for a label's value as
// well. Its error says why the expression cannot be parsed.
func (db *DB) Narrow(expr, label, value string) (string, error) {
	tree, err := db.parser.ParseExpr(expr)
	if err != nil {
		return "", fmt.Errorf("query %q: %w", expr, err)
	}
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			s.LabelMatchers = append(s.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, label, value))
		}
		return nil
	})
	return tree.String(), nil
}

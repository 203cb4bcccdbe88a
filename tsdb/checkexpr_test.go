package tsdb

import (
	"errors"
	"strings"
	"testing"
)

func TestAFaultyExpressionHasItsPlace(t *testing.T) {
	for expr, want := range map[string]ExprFault{
		"sum(rate(x[5m])":           {1, 16, "", "unclosed left parenthesis"},
		"a\n  + b)":                 {2, 7, "", "unexpected right parenthesis ')'"},
		"a{b=c}":                    {1, 5, "c}", `unexpected identifier "c" in label matching, expected string`},
		`a{é="ü"} + ]`:              {0, 0, "", ""},
		"rate(x)":                   {1, 6, "x)", `expected type range vector in call to function "rate", got instant vector`},
		"x[5m]":                     {0, 0, "", "got a range of samples; want one value at a time: a function around it, such as rate(…[5m]) or avg_over_time(…[5m])"},
		`"text"`:                    {0, 0, "", "got a string; want series"},
		"max by":                    {1, 7, "", `unexpected end of input in grouping opts, expected "("`},
		"a + + + nofunction(b) ) c": {0, 0, "", ""},
	} {
		var f *ExprFault
		if err := CheckExpr(expr); !errors.As(err, &f) {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if want.Problem != "" && *f != want {
			t.Errorf("%s:\n got %+v\nwant %+v", expr, *f, want)
		}
		if f.Error() == "" {
			t.Errorf("%s: nothing is said", expr)
		}
	}
	for _, good := range []string{"x", "5", "sum by (host) (rate(x[5m]))", "1 - a / (b > 0)"} {
		if err := CheckExpr(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestANumberIsNoSeries(t *testing.T) {
	for _, number := range []string{"5", "1 + 2 * 3", "time()", "vector(5)", "scalar(x)", "scalar(x) * 2", "-1"} {
		var f *ExprFault
		if err := CheckSeries(number); !errors.As(err, &f) || !strings.HasPrefix(f.Problem, "got one number that is of no host; want series") {
			t.Errorf("%s: %v", number, err)
		}
	}
	for _, good := range []string{"x", "5 * x", "vector(1) + on () x", "sum by (host) (rate(x[5m]))", "absent(x)", "clamp_max(x, scalar(y))"} {
		if err := CheckSeries(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"x[5m]", "sum(", `"text"`} {
		if err := CheckSeries(bad); err == nil || err.Error() != CheckExpr(bad).Error() {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func FuzzCheckExpr(f *testing.F) {
	f.Add("sum(rate(x[5m])")
	f.Add("a{é=\"ü\"} \n + ]")
	f.Fuzz(func(t *testing.T, expr string) {
		var fault *ExprFault
		if err := CheckExpr(expr); err != nil && (!errors.As(err, &fault) || fault.Problem == "" || fault.Line > 0 && fault.Column < 1) {
			t.Errorf("%q: %v", expr, err)
		}
	})
}

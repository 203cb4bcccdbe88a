package sqlanswer

import (
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
)

func TestAnswersAreJudged(t *testing.T) {
	limit := &checks.Threshold{Range: checks.Range{End: 10}}
	one := func(s string) Rows { return Rows{Columns: []string{"c"}, Rows: [][]string{{s}}} }
	for _, tt := range []struct {
		want  Want
		rows  Rows
		state checks.State
		id    string
	}{
		{Want{Expect: "OK"}, one("OK"), checks.OK, "check.sql.ok"},
		{Want{Expect: "OK"}, one("ok"), checks.Critical, "check.sql.other"},
		{Want{Expect: "OK"}, Rows{}, checks.Critical, "check.sql.empty"},
		{Want{}, Rows{}, checks.OK, "check.sql.ok"},
		{Want{ExpectRegexp: "^a+$"}, one("aaa"), checks.OK, "check.sql.ok"},
		{Want{ExpectRegexp: "^a+$"}, one("ab"), checks.Critical, "check.sql.other"},
		{Want{Warning: limit}, one("11"), checks.Warning, "check.sql.value"},
		{Want{Critical: limit}, one("11"), checks.Critical, "check.sql.value"},
		{Want{Critical: limit}, one(" 9.5 "), checks.OK, "check.sql.ok"},
		{Want{Critical: limit}, one("many"), checks.Critical, "check.sql.no_number"},
	} {
		r := tt.want.Answered(&netdial.Phases{}, tt.rows, "h:1", time.Second, Limits{})
		if r.State != tt.state || r.Summary.ID != tt.id {
			t.Errorf("%+v of %v: got %s, %s; want %s, %s", tt.want, tt.rows.Rows, r.State, r.Summary.ID, tt.state, tt.id)
		}
	}
}

func TestTheTimeNeverHidesAWorseValue(t *testing.T) {
	never := &checks.Threshold{Range: checks.Range{End: 1e-9}}
	r := Lagging(&netdial.Phases{}, Rows{}, "h:1", time.Minute, time.Second, Limits{Warning: never, LagCritical: never})
	if r.State != checks.Critical || r.Summary.ID != "check.sql.lag" {
		t.Errorf("got %s, %s", r.State, r.Summary.ID)
	}
	r = Lagging(&netdial.Phases{}, Rows{}, "h:1", 0, time.Second, Limits{Warning: never, LagCritical: never})
	if r.State != checks.Warning || r.Summary.ID != "check.sql.slow" {
		t.Errorf("got %s, %s", r.State, r.Summary.ID)
	}
}

func TestEvidenceIsBounded(t *testing.T) {
	rows := Rows{Columns: []string{"c"}}
	for range MaxRows {
		rows.Rows = append(rows.Rows, []string{strings.Repeat("x", 3000)})
	}
	if n := len(rows.Evidence()); n != checks.EvidenceLimit {
		t.Errorf("%d bytes", n)
	}
}

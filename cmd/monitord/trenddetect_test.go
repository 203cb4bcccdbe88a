package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Findings look at means of five minutes. With values each minute they change at
// the moment of an older row, and stand in the row that brought them all the same.
func TestAFindingOfMinutesStandsInARow(t *testing.T) {
	var in strings.Builder
	const days = 9
	for i := range days * 1440 {
		v := 50 + float64(i*7919%31)/10
		if i >= days*1440-180 && i < days*1440-60 {
			v += 500
		}
		fmt.Fprintf(&in, "%d,%g\n", 1767225600+i*60, v)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"trend", "detect", "--json", "-"}, strings.NewReader(in.String()), &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	found := 0
	for line := range strings.Lines(out.String()) {
		var row trendRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if row.Kind != "" && row.Finding == nil {
			t.Errorf("a row has kind %s and no finding: %s", row.Kind, line)
		}
		if row.Finding != nil && row.Finding.Kind == "surge" {
			found++
		}
	}
	if found == 0 {
		t.Error("the surge stands in no row")
	}
}

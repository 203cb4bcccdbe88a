package tsdb

import "testing"

func TestNarrowAsksEverySelectorForALabel(t *testing.T) {
	db := openTest(t, testOptions(t.TempDir()))
	got, err := db.Narrow(`1 - a{x!="y"} / (b > 0) unless rate(c[5m]) == 1`, "host", `we"b1`)
	want := `1 - a{host="we\"b1",x!="y"} / (b{host="we\"b1"} > 0) unless rate(c{host="we\"b1"}[5m]) == 1`
	if err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	if _, err := db.Narrow("a{", "host", "web1"); err == nil {
		t.Error("an expression that cannot be parsed was taken")
	}
}

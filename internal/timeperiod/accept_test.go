//go:build accept

package timeperiod

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/accept"
)

var only = flag.String("accept.only", "", "run this set only")

type vectors struct {
	Definitions map[string][]string `json:"definitions"`
	Vectors     []struct {
		TZ        string `json:"tz"`
		Period    string `json:"timeperiod"`
		Time      int64  `json:"time"`
		Valid     bool   `json:"valid"`
		NextValid int64  `json:"next_valid"`
	} `json:"vectors"`
	Sweeps []struct {
		TZ     string `json:"tz"`
		Period string `json:"timeperiod"`
		From   int64  `json:"from"`
		Step   int64  `json:"step"`
		Count  int64  `json:"count"`
	} `json:"sweeps"`
}

// TestAcceptTimeperiods holds periods against the cases of Nagios' own tests.
func TestAcceptTimeperiods(t *testing.T) {
	if *only != "" && *only != "timeperiods" {
		t.Skip("another set was asked for")
	}
	dir, err := accept.Data("nagios")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "timeperiod_vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	c := &accept.Count{Set: "timeperiods", W: os.Stdout}
	for _, x := range v.Vectors {
		compare(t, c, v.period(t, x.TZ, x.Period), x.TZ, x.Time, x.Valid, x.NextValid)
	}
	for _, s := range v.Sweeps {
		p := v.period(t, s.TZ, s.Period)
		for i := range s.Count {
			at := s.From + i*s.Step
			compare(t, c, p, s.TZ, at, true, at)
		}
	}
	none := v.period(t, "UTC", "none")
	compare(t, c, none, "UTC", v.Vectors[0].Time, false, v.Vectors[0].Time)
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed < 3000 {
		t.Errorf("%s", c.Line())
	}
}

func (v vectors) period(t *testing.T, tz, name string) *Period {
	t.Helper()
	zone, err := time.LoadLocation(tz)
	if err != nil {
		t.Fatal(err)
	}
	defs := map[string]*Definition{}
	for n, lines := range v.Definitions {
		defs[n] = &Definition{Times: lines}
	}
	all, err := Build(defs, zone)
	if err != nil {
		t.Fatal(err)
	}
	if all[name] == nil {
		t.Fatalf("no period %s among %s", name, strings.Join(v.Definitions[name], ","))
	}
	return all[name]
}

// compare asks both questions. Where Nagios finds no next time it returns the
// time given; ours says so.
func compare(t *testing.T, c *accept.Count, p *Period, tz string, at int64, valid bool, next int64) {
	t.Helper()
	when := time.Unix(at, 0)
	if got := p.Contains(when); got != valid {
		c.Fail("%s in %s at %d: got %v, want %v", p.Name(), tz, at, got, valid)
	} else {
		c.Pass()
	}
	got, ok := p.Next(when)
	if !ok {
		got = when
	}
	if got.Unix() != next {
		c.Fail("%s in %s after %d: next is %d (%s), want %d (%s)", p.Name(), tz, at, got.Unix(), got, next, time.Unix(next, 0).In(got.Location()))
		return
	}
	c.Pass()
}

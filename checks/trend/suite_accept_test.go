//go:build accept

package trend

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
	"monitord/internal/accept"
)

// TestAcceptTrends runs the synthetic suite: recall, delay and names for each
// kind of event, and false findings a week where nothing happens.
func TestAcceptTrends(t *testing.T) {
	if *only != "" && *only != "trends" {
		t.Skip("another set was asked for")
	}
	const seeds = 8
	c := &accept.Count{Set: "trends", W: os.Stdout}
	found, all := 0, 0
	for _, k := range suiteCases() {
		for _, family := range k.families {
			hits, delay, wrong := 0, time.Duration(0), 0
			for seed := range uint64(seeds) {
				s := mustMake(t, trendgen.Options{Family: family, Seed: 100 + seed, Days: 29, Events: []trendgen.Event{k.at()}})
				kind, late := firstAfter(t, s, k)
				switch {
				case kind == NoKind:
				case !slices.Contains(k.kinds, kind):
					wrong++
				default:
					hits++
					delay += late
				}
			}
			all, found = all+seeds, found+hits
			fmt.Printf("accept: trends: %-24s %-9s found %d/%d after %4.0f min, wrong name %d\n", k.name, family, hits, seeds, (delay / time.Duration(max(1, hits))).Minutes(), wrong)
			if hits*4 >= seeds*3 && wrong <= 1 {
				c.Pass()
			} else {
				c.Fail("%s under %s: found %d of %d, wrong name %d", family, k.name, hits, seeds, wrong)
			}
		}
	}
	for _, family := range trendgen.Families() {
		n, weeks := 0, 0.0
		kinds := map[string]int{}
		for seed := range uint64(seeds) {
			s := mustMake(t, trendgen.Options{Family: family, Seed: 300 + seed, Days: 42})
			out, _ := watch(t, s, configOf(s))
			n, weeks = n+len(out), weeks+6
			for _, f := range out {
				kinds[f.Kind.String()+" "+f.Form.String()]++
			}
		}
		fmt.Printf("accept: trends: false findings a week: %-9s %.2f %v\n", family, float64(n)/weeks, kinds)
		// Bursts and jobs are news until three days of them are known.
		if most := map[string]float64{"bursty": 1, "spiky": 1}[family]; float64(n)/weeks <= max(0.5, most) {
			c.Pass()
		} else {
			c.Fail("%s: %d false findings in %.0f weeks", family, n, weeks)
		}
	}
	fmt.Printf("%s figure=%.1f\n", c.Line(), 100*float64(found)/float64(all))
	if c.Failed > 0 {
		t.Error(c.Line())
	}
}

//go:build accept

package trend

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
	"monitord/internal/accept"
)

// judging is the first of the seeds that judge. Nothing was chosen by what they
// give: choices were made on seeds below it (docs/adr/0024).
const judging = uint64(50000)

// TestAcceptTrends judges on made-up series: recall, delay and names for each
// kind of event; false findings where nothing happens; the six pictures; quiet
// hosts; the score by the benchmark's rules.
func TestAcceptTrends(t *testing.T) {
	if *only != "" && *only != "trends" {
		t.Skip("another set was asked for")
	}
	c := &accept.Count{Set: "trends", W: os.Stdout}
	recall := acceptEvents(t, c)
	acceptQuiet(t, c)
	acceptPictures(t, c)
	for _, busy := range []bool{false, true} {
		acceptHosts(t, c, busy)
	}
	acceptScores(t, c)
	fmt.Printf("%s figure=%.1f\n", c.Line(), 100*recall)
	if c.Failed > 0 {
		t.Error(c.Line())
	}
}

// acceptEvents is the share of events that were found in time under a right name.
func acceptEvents(t *testing.T, c *accept.Count) float64 {
	const seeds = 8
	found, all := 0, 0
	for _, k := range suiteCases() {
		for _, family := range k.families {
			hits, delay, wrong := 0, time.Duration(0), 0
			for seed := range uint64(seeds) {
				s := mustMake(t, trendgen.Options{Family: family, Seed: judging + 100 + seed, Days: 29, Events: []trendgen.Event{k.at()}})
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
			fmt.Printf("accept: trends: %-26s %-9s found %d/%d after %4.0f min, wrong name %d\n", k.name, family, hits, seeds, (delay / time.Duration(max(1, hits))).Minutes(), wrong)
			if hits*4 >= seeds*3 && wrong <= 1 {
				c.Pass()
			} else {
				c.Fail("%s under %s: found %d of %d, wrong name %d", family, k.name, hits, seeds, wrong)
			}
		}
	}
	return float64(found) / float64(all)
}

// acceptQuiet counts what is told of series in which nothing happens.
func acceptQuiet(t *testing.T, c *accept.Count) {
	const seeds, weeks = 8, 6
	for _, family := range append(trendgen.Families(), trendgen.Operated()...) {
		n, kinds := 0, map[string]int{}
		for seed := range uint64(seeds) {
			o := trendgen.Options{Family: family, Seed: judging + 300 + seed, Days: 7 * weeks}
			if family == "rate" {
				o.Step = time.Hour
			}
			s := mustMake(t, o)
			out, _ := watch(t, s, configOf(s))
			n += len(out)
			for _, f := range out {
				kinds[f.Kind.String()+" "+f.Form.String()]++
			}
		}
		week := float64(n) / (seeds * weeks)
		fmt.Printf("accept: trends: false findings a week: %-11s %.2f %v\n", family, week, kinds)
		if week <= quietWeek(family) {
			c.Pass()
		} else {
			c.Fail("%s: %.2f false findings a week", family, week)
		}
	}
}

// quietWeek is how many false findings a week are let pass.
func quietWeek(family string) float64 {
	switch family {
	case "mentions", "batch", "temperature":
		return 0.5 // spikes without a law, jobs of any length, weather: news now and then
	}
	return 0.25
}

// acceptHosts counts what is told of hosts in which nothing happens but the usual.
func acceptHosts(t *testing.T, c *accept.Count, busy bool) {
	const hosts = 10
	total, more, by := 0, 0, map[string]int{}
	for seed := range uint64(hosts) {
		n := 0
		for _, s := range trendgen.Host(busy, judging+500+seed, 30) {
			out, _ := watch(t, s.Series, hostConfig(s))
			n += len(out)
			for _, f := range out {
				by[s.Name+" "+f.Kind.String()+" "+f.Form.String()]++
			}
		}
		total += n
		if n > 1 {
			more++
		}
	}
	fmt.Printf("accept: trends: hosts, busy %v: %.2f false findings a host and month, more than one on %d of %d %v\n", busy, float64(total)/hosts, more, hosts, by)
	if more == 0 {
		c.Pass()
	} else {
		c.Fail("hosts, busy %v: more than one false finding on %d of %d hosts", busy, more, hosts)
	}
}

// hostConfig is what the server watches by default.
func hostConfig(s trendgen.HostSeries) Config {
	c := DefaultConfig()
	if !math.IsNaN(s.Limit) {
		c.Limit, c.Below, c.Only = &s.Limit, s.Below, []Kind{Limit}
	}
	return c
}

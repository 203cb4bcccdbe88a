//go:build accept

package trend

import (
	"fmt"
	"math"
	"testing"

	"monitord/checks/trend/trendgen"
)

// hostConfig is what the server watches by default.
func hostConfig(s trendgen.HostSeries) Config {
	c := DefaultConfig()
	if !math.IsNaN(s.Limit) {
		c.Limit, c.Below, c.Only = &s.Limit, s.Below, []Kind{Limit}
	}
	return c
}

func TestAcceptHosts(t *testing.T) {
	for _, busy := range []bool{false, true} {
		total, hosts := 0, 6
		by := map[string]int{}
		worst := 0
		for seed := range uint64(hosts) {
			n := 0
			for _, s := range trendgen.Host(busy, 7100+seed, 30) {
				out, _ := watch(t, s.Series, hostConfig(s))
				n += len(out)
				for _, f := range out {
					by[s.Name+" "+f.Kind.String()+" "+f.Form.String()]++
					if seed < 6 && !busy {
						fmt.Println("   ", busy, seed, s.Name, f.at.Format("Mon 2 15:04"), f.Kind, f.Form, "was", f.Was, "now", f.Now, "size", f.Size)
					}
				}
			}
			total += n
			worst = max(worst, n)
		}
		fmt.Printf("accept: hosts: busy=%v %.2f false findings a host and month, worst %d %v\n", busy, float64(total)/float64(hosts), worst, by)
	}
}

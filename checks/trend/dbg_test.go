package trend

import (
	"fmt"
	"monitord/checks/trend/trendgen"
	"os"
	"testing"
)

func TestDbg(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip("short")
	}
	p := trendgen.Disk(0)
	c := DefaultConfig()
	c.Limit = &p.Limit
	d, _ := New(c)
	for i, at := range p.Times {
		d.Observe(at, p.Values[i])
		if i%288 == 0 && i > 288*2 {
			s, l, a := d.slopes()
			f := d.Forecast(100)
			fmt.Println(at.Format("Jan 2 15:04"), p.Values[i], "slopes/day", s*86400, l*86400, a, f.Enough, f.P10.Format("Jan 2 15"), f.P50.Format("Jan 2 15"), f.P90.Format("Jan 2 15"), d.s.Teeth.N, d.s.Teeth.Cur.Start, d.s.Teeth.Jitter)
		}
	}
}

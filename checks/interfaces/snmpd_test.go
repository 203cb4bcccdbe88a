package interfaces

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/testserver/snmpdtest"
)

// octetsOfLo reads what the kernel counted.
func octetsOfLo(t *testing.T) float64 {
	t.Helper()
	f, err := os.Open("/proc/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "lo:"); ok {
			v, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatal("/proc/net/dev has no lo")
	return 0
}

type series map[string]float64

func (s series) Add(name string, value float64, labels ...string) {
	s[name+"{"+strings.Join(labels, ",")+"}"] = value
}

// What snmpd says about lo lies between what /proc/net/dev says before and after.
func TestSnmpdCountsWhatTheKernelCounts(t *testing.T) {
	before := octetsOfLo(t)
	agent := snmpdtest.New(t)
	cfg := DefaultConfig()
	cfg.Options = asktest.Options(t, cfg.Options, agent.Port)
	cfg.Only = []string{"lo"}
	c, err := New(cfg, checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	got := series{}
	results := asktest.Run(t, c, checks.Target{Host: "h", Address: "127.0.0.1", Series: got})
	after := octetsOfLo(t)
	if r := results["lo"]; r.State != checks.OK || len(results) != 2 {
		t.Errorf("%+v", results)
	}
	found := false
	for name, v := range got {
		if strings.HasPrefix(name, "ifHCInOctets{") {
			found = true
			if v < before || v > after {
				t.Errorf("%s %g; the kernel says %g to %g", name, v, before, after)
			}
		}
	}
	if !found {
		t.Errorf("series %v", got)
	}
}

package builtin

import (
	"slices"
	"testing"
)

func TestEveryCollectorHasItsOwnName(t *testing.T) {
	list, err := Collectors(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name())
	}
	want := []string{"conntrack", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "netdev", "processes", "sockstat", "stat", "time", "timex", "uname", "uptime", "vmstat"}
	if !slices.Equal(names, want) {
		t.Errorf("collectors %v, want %v", names, want)
	}
}

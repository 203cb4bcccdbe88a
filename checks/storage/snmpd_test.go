package storage

import (
	"math"
	"syscall"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/testserver/snmpdtest"
)

// What snmpd says about / is what the kernel says.
func TestSnmpdsRootIsAsLargeAsStatfsSays(t *testing.T) {
	agent := snmpdtest.New(t)
	cfg := DefaultConfig()
	cfg.Options = asktest.Options(t, cfg.Options, agent.Port)
	cfg.Only = []string{"/", "Physical memory"}
	c, err := New(cfg, checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	got := asktest.Run(t, c, checks.Target{Host: "h", Address: "127.0.0.1"})
	if _, ok := got["Physical memory"]; !ok {
		t.Errorf("no memory in %v", got)
	}
	root, ok := got["/"]
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/", &fs); err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Fatalf("no / in %v", got)
	}
	size := float64(fs.Blocks) * float64(fs.Bsize)
	used := float64(fs.Blocks-fs.Bfree) * float64(fs.Bsize)
	if v := asktest.Perf(t, root, "size"); math.Abs(v-size) > size/1000 {
		t.Errorf("size %g; statfs says %g", v, size)
	}
	if v := asktest.Perf(t, root, "used"); math.Abs(v-used) > size/20 {
		t.Errorf("used %g; statfs says %g", v, used)
	}
}

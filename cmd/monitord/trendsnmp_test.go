package main

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/checks"
	"monitord/checks/interfaces"
	"monitord/checks/storage"
	"monitord/checks/ucd"
	"monitord/internal/config"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/trendwatch"
	"monitord/tsdb"
)

// polledSnmpd is what one poll of a real snmpd by each of our checks stores.
func polledSnmpd(t *testing.T) []tsdb.Sample {
	t.Helper()
	agent := snmpdtest.New(t, "disk / 1%")
	community := filepath.Join(t.TempDir(), "community")
	if err := os.WriteFile(community, []byte(snmpdtest.Community+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i, s, u := interfaces.DefaultConfig(), storage.DefaultConfig(), ucd.DefaultConfig()
	i.Port, s.Port, u.Port = agent.Port, agent.Port, agent.Port
	i.Community, s.Community, u.Community = config.Secret{File: community}, config.Secret{File: community}, config.Secret{File: community}
	p := &polledRun{host: "sw1"}
	for _, kind := range []struct {
		checks.Type
		conf checks.Config
	}{{interfaces.Type(), &i}, {storage.Type(), &s}, {ucd.Type(), &u}} {
		c, err := kind.New(kind.conf, checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Run(t.Context(), checks.Target{Host: "sw1", Address: "127.0.0.1", Series: p}); err != nil {
			t.Fatal(err)
		}
	}
	return p.batch
}

// What a real snmpd says becomes series that the default rules know.
func TestTheDefaultRulesKnowTheSeriesOfADevice(t *testing.T) {
	samples := polledSnmpd(t)
	db, err := tsdb.Open(tsdb.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Now: time.Now,
		Retention: 24 * time.Hour, MinFreeBytes: 1, BallastBytes: 1 << 20, SyncInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for at := time.Now().Add(-15 * time.Minute); at.Before(time.Now()); at = at.Add(time.Minute) {
		for i := range samples {
			samples[i].At = at.UnixMilli()
		}
		if err := db.Append(t.Context(), samples); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := trendwatch.Compile(trendwatch.DefaultConfig(), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	w := trendwatch.New(rules, trendwatch.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(), Store: trendStore{db},
		Tell:    func(context.Context, trendwatch.Result) error { return nil },
		StateOf: func(checks.Service) (checks.State, bool) { return checks.OK, false },
		Bad:     func() []checks.Service { return nil }, HostDown: func(string) bool { return false },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	wait := time.NewTicker(20 * time.Millisecond)
	defer wait.Stop()
	want := map[string]trendwatch.Unit{"filesystem /": trendwatch.UnitRatio, "memory": trendwatch.UnitRatio}
	for _, s := range samples {
		if name := s.Metric.Get("ifName"); s.Metric.Get("__name__") == "ifOperStatus" && s.Value == 1 && strings.HasPrefix(name, "e") {
			want[name+" in"], want[name+" out"] = trendwatch.UnitBytesPerSecond, trendwatch.UnitBytesPerSecond
		}
	}
	for range 3000 { // a minute at most: the store is asked in the background
		<-wait.C
		got := map[string]trendwatch.Unit{}
		for _, b := range w.Series("sw1") {
			got[b.Service.Item] = b.Unit
			if b.Service.Item == "lo in" {
				t.Fatal("loopback is judged")
			}
		}
		missing := false
		for item, unit := range want {
			missing = missing || got[item] != unit
		}
		if !missing {
			want = nil
			break
		}
	}
	if want != nil {
		t.Errorf("judged are %v, want %v among them", w.Series("sw1"), want)
	}
	rootIs(t, w.Capacity())
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// rootIs holds the share in use of / against statfs.
func rootIs(t *testing.T, c trendwatch.Capacity) {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/", &fs); err != nil {
		t.Fatal(err)
	}
	used := 1 - float64(fs.Bfree)/float64(fs.Blocks)
	for _, l := range c.Limits {
		if l.Service.Item == "filesystem /" {
			if math.Abs(l.Now-used) > 0.02 || l.Limit != 1 {
				t.Errorf("%v of %v in use; statfs says %v", l.Now, l.Limit, used)
			}
			return
		}
	}
	t.Errorf("no limit of /: %+v", c.Limits)
}

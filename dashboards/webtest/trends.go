package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/checks/trend/trendgen"
	"monitord/internal/trendwatch"
)

// Names of the scene of trends.
const (
	longHost  = "東京-第三データセンター-地下二階-受発注基幹系データベース-予備機-壱号"
	longMount = "/srv/共有/営業本部/見積書と請求書の控え（二〇二六年度）/取引先別/あ行からわ行まで"
	oddMount  = "/srv/\"><img src=x onerror=alert(1)>\u202E"
)

// made is one series of the scene: what a rule would find in the store.
type made struct {
	rule, host string
	labels     map[string]string // beside the host
	times      []time.Time
	values     []float64
}

// foreseen is the scene of trends: series that are judged as a server judges them.
type foreseen struct {
	list  []made
	watch *trendwatch.Watch
	ready chan struct{} // closed when all series are known
	mu    sync.Mutex
	told  []trendwatch.Result
}

// trendRules are some of those by default. What they ask is the name of a series here.
func trendRules() []trendwatch.RuleConfig {
	flow := []trend.Kind{trend.Surge, trend.Drop, trend.Pattern}
	return []trendwatch.RuleConfig{
		{Name: "filesystem", Expr: "filesystem", Item: "filesystem {mountpoint}", Unit: trendwatch.UnitRatio, Limit: "1"},
		{Name: "memory", Expr: "memory", Item: "memory", Unit: trendwatch.UnitRatio, Limit: "1"},
		{Name: "swap", Expr: "swap", Item: "free swap", Unit: trendwatch.UnitBytes, Limit: "0", Below: true},
		{Name: "load", Expr: "load", Item: "load", Kinds: flow},
		{Name: "requests", Expr: "requests", Item: "requests {job}", Unit: trendwatch.UnitPerSecond, Kinds: flow},
		{Name: "traffic-in", Expr: "in", Item: "{device} in", Unit: trendwatch.UnitBytesPerSecond, Kinds: flow},
		{Name: "traffic-out", Expr: "out", Item: "{device} out", Unit: trendwatch.UnitBytesPerSecond, Kinds: flow},
	}
}

// trends is a fleet whose limits come, or do not, and where all that is ever found
// has just been found.
func trends() *scene {
	s := standard()
	s.host(longHost, "東京/db")
	f := &foreseen{ready: make(chan struct{})}
	s.foreseen = f
	f.pictures(s.now)
	f.fleet(s)
	rules, err := trendwatch.Compile(trendwatch.Config{Enabled: true, MaxSeries: 1000, Learn: 28 * 24 * time.Hour, Lead: 14 * 24 * time.Hour, Rules: trendRules()}, s.inv.Zone)
	if err != nil {
		panic(err) // the rules above are wrong
	}
	f.watch = trendwatch.New(rules, trendwatch.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Store: f, Dir: learned(),
		Tell: func(_ context.Context, r trendwatch.Result) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.told = append(f.told, r)
			return nil
		},
		StateOf:  func(checks.Service) (checks.State, bool) { return checks.OK, false },
		Bad:      func() []checks.Service { return nil },
		HostDown: func(string) bool { return false },
	})
	return s
}

func (f *foreseen) add(rule, host string, labels map[string]string, times []time.Time, values []float64) {
	f.list = append(f.list, made{rule, host, labels, times, values})
}

// pictures are the six of the manual, each at the moment when it was just found,
// and a drop.
func (f *foreseen) pictures(now time.Time) {
	eth := map[string]string{"device": "eth0"}
	// moved puts a moment of a picture at now, and keeps its hour of the day.
	add := func(rule, host string, labels map[string]string, p trendgen.Picture, moment time.Time, by float64) {
		shift := now.Truncate(time.Second).Sub(moment)
		times, values := make([]time.Time, len(p.Times)), make([]float64, len(p.Values))
		for i := range p.Times {
			times[i], values[i] = p.Times[i].Add(shift), p.Values[i]*by
		}
		f.add(rule, host, labels, times, values)
	}
	p := trendgen.Periodic(1)
	end := p.Times[len(p.Times)-1].Add(-2 * time.Hour)
	add("in", "db1", eth, p, end, 1)
	add("load", "db1", nil, trendgen.Picture{Series: trendgen.Series{Times: p.Times, Values: p.Mate}}, end, 1)
	p = trendgen.Disk(1)
	add("filesystem", "db1", map[string]string{"mountpoint": "/var/lib/pgsql"}, p, p.Moment["full"].Add(-30*time.Hour), .01)
	p = trendgen.Burst(1)
	add("load", "app1", nil, p, p.Moment["begin"].Add(50*time.Minute), 1)
	p = trendgen.Swap(1)
	add("swap", "mail1", nil, p, p.Moment["collapse"].Add(40*time.Minute), 1024)
	p = trendgen.Ended(1)
	add("in", "東京-web3", eth, p, p.Moment["end"].Add(17*time.Hour), 1)
	for _, one := range []struct {
		rule, host, what string
		size, by         float64
		labels           map[string]string
		since            time.Duration
	}{
		{"requests", "lb1", trendgen.Drop, 14, 1, map[string]string{"job": "見積"}, 75 * time.Minute},
		{"load", "app2", trendgen.Shift, 10, .02, nil, 15 * time.Hour},
	} {
		begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
		onset := begin.Add(27*24*time.Hour + 10*time.Hour)
		s, err := trendgen.Make(trendgen.Options{Family: "daily", Seed: 3, Start: begin, Days: 30, Events: []trendgen.Event{{What: one.what, At: onset, Size: one.size}}})
		if err != nil {
			panic(err) // no such family
		}
		add(one.rule, one.host, one.labels, trendgen.Picture{Series: s}, onset.Add(one.since), one.by)
	}
}

// fleet are disks and memory of many hosts: some fill, most do not.
func (f *foreseen) fleet(s *scene) {
	fills := func(host, mount string, days, from, perDay float64) {
		at := s.now.Truncate(time.Second).Add(-time.Duration(days * float64(24*time.Hour)))
		var times []time.Time
		var values []float64
		for seed, end := len(f.list), s.now.Add(6*time.Hour); at.Before(end); at = at.Add(5 * time.Minute) {
			x := 1 - s.now.Sub(at).Hours()/24/days
			times = append(times, at)
			values = append(values, max(0, min(1, from+perDay*(x-1)*days+wave(at, -.5, 1, seed)*.01)))
		}
		f.add("filesystem", host, map[string]string{"mountpoint": mount}, times, values)
	}
	fills(longHost, longMount, 28, .81, .004)
	fills("backup1", "/backup", 28, .9, .012)
	fills("大阪-nas1", oddMount, 28, .73, .006)
	fills("edge1", "/var/log", .4, .3, .01)
	fills("店舗1", "/", 28, 1.2, .012)
	for i, h := range s.inv.Hosts {
		if i%3 != 0 {
			fills(h.Name, "/", 28, .12+.041*float64(i), .0004*float64(i%5))
		}
	}
}

// learned is the folder of what is learned, for as long as this program runs.
func learned() string { return filepath.Join(os.TempDir(), fmt.Sprintf("webtest-%d", os.Getpid())) }

// judge judges until ctx ends, and puts what was found on the pages once.
func (s *scene) judge(ctx context.Context) error {
	f := s.foreseen
	defer os.RemoveAll(learned())
	done := make(chan error, 1)
	go func() { done <- f.watch.Run(ctx) }()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for !f.known() {
		select {
		case err := <-done:
			return err
		case <-look.C:
		}
	}
	f.mu.Lock()
	for _, r := range f.told {
		s.find(r)
	}
	f.mu.Unlock()
	close(f.ready)
	return <-done
}

// after lets requests wait until all series are known.
func (f *foreseen) after(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-f.ready:
			h.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// known reports whether every series was learned.
func (f *foreseen) known() bool {
	n, hosts := 0, map[string]bool{}
	for _, m := range f.list {
		if !hosts[m.host] {
			hosts[m.host] = true
			n += len(f.watch.Series(m.host))
		}
	}
	return n == len(f.list)
}

// find adds the service of a finding, from when it was found on.
func (s *scene) find(r trendwatch.Result) {
	id := checks.Service{Host: r.Host, Check: trendwatch.Check, Item: r.Result.Item}
	found := s.now
	v, _ := s.foreseen.watch.View(id, s.now, s.now, 0, 0, 0)
	for _, one := range v.Findings {
		if one.Open() {
			found = time.Unix(one.Found, 0)
		}
	}
	s.add(id, r.Result.State, s.now.Sub(found), r.Result.Summary, r.Result.Perf...)
}

package dashboards

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/graphs"
)

// unit is one row of the steady state: a group, or a host that is in none.
type unit struct {
	Name     string
	URL      string
	Worst    problem // of its services, unhandled first
	Services int
	Bar      bar
	Spark    spark
	hosts    []string
	services []checks.Service
}

// units gathers the rows by group, worst first.
func units(rows []problem, k *known) []unit {
	byName := map[string]*unit{}
	for _, p := range rows { // rows are sorted: the first of a unit is its worst
		name, link := k.group[p.Service.Host], p.HostURL
		if name == "" {
			name = p.Service.Host
		} else {
			link = "/services?q=" + queryEscape(name)
		}
		u := byName[name]
		if u == nil {
			u = &unit{Name: cut(name, 60), URL: link, Worst: p}
			byName[name] = u
		}
		u.Services++
		u.services = append(u.services, p.Service)
		if !slices.Contains(u.hosts, p.Service.Host) {
			u.hosts = append(u.hosts, p.Service.Host)
		}
	}
	list := make([]unit, 0, len(byName))
	for _, u := range byName {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b unit) int {
		return cmp.Or(cmp.Compare(concern(a.Worst), concern(b.Worst)), cmp.Compare(a.Worst.rank, b.Worst.rank), strings.Compare(a.Name, b.Name))
	})
	return list
}

// maxHistories bounds the services whose history one page reads.
const maxHistories = 400

// fill adds history bars and load curves to the units, as far as they fit one
// page, and returns the span of the curves.
func (v *view) fill(ctx context.Context, list []unit) (span string) {
	left := maxHistories
	for i := range list {
		u := &list[i]
		if left -= len(u.services); left < 0 {
			break
		}
		u.Bar = v.history(ctx, u.services)
	}
	return v.fillSparks(ctx, list)
}

// fillSparks adds the load of each unit's hosts: of the last 24 hours, or, while
// there is less than an hour of it, of the last quarter of an hour.
func (v *view) fillSparks(ctx context.Context, list []unit) (span string) {
	ask := func(expr string, step time.Duration) []Series {
		series, err := v.p.QueryRange(ctx, expr, v.Now.Add(-ranges[span]), v.Now, step)
		if err != nil {
			v.fail("load", err)
		}
		return series
	}
	span = "24h"
	series := ask("avg by (host) (avg_over_time(node_load1[10m]))", 10*time.Minute)
	if longest(series) < 7 {
		span = "15m"
		series = ask("avg by (host) (last_over_time(node_load1["+promDur(sparse)+"]))", 5*time.Second)
	}
	for i := range list {
		list[i].Spark = sparkline(meanOf(series, list[i].hosts), v.Now.Add(-ranges[span]), v.Now)
	}
	return span
}

// longest is the number of points of the longest series.
func longest(list []Series) int {
	n := 0
	for _, s := range list {
		n = max(n, len(s.Points))
	}
	return n
}

const day = 24 * time.Hour

// meanOf averages the series of some hosts moment by moment.
func meanOf(series []Series, hosts []string) []graphs.Point {
	sum, n := map[int64]float64{}, map[int64]int{}
	for _, s := range series {
		if !slices.Contains(hosts, s.Labels["host"]) {
			continue
		}
		for _, p := range s.Points {
			sum[p.At.UnixMilli()] += p.Value
			n[p.At.UnixMilli()]++
		}
	}
	points := make([]graphs.Point, 0, len(sum))
	for at, total := range sum {
		points = append(points, graphs.Point{At: time.UnixMilli(at), Value: total / float64(n[at])})
	}
	slices.SortFunc(points, func(a, b graphs.Point) int { return a.At.Compare(b.At) })
	return points
}

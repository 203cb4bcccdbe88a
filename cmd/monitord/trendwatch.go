package main

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strconv"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/internal/config"
	"monitord/internal/logkeys"
	"monitord/internal/trendwatch"
	"monitord/tsdb"
)

// trendFolder is where the data directory keeps what trends have learned.
const trendFolder = "trend"

// openTrends makes what judges the series of the store.
func (s *server) openTrends(_ context.Context, first *settings) error {
	rules, err := trendwatch.Compile(first.Trends.Config, zoneOf(first))
	if err != nil {
		return err
	}
	s.trends = trendwatch.New(rules, trendwatch.Deps{
		Logger: s.log, Now: time.Now, Dir: filepath.Join(s.data, trendFolder), Store: trendStore{s.store},
		Tell: s.tellTrend, StateOf: s.hardState, Bad: s.badTrends, HostDown: s.hostCut,
	})
	s.registry.MustRegister(s.trends.Collectors()...)
	return nil
}

// zoneOf is the zone of the hours of the week.
func zoneOf(from *settings) *time.Location {
	if inv, err := buildInventory(from, nil); err == nil {
		return inv.Zone
	}
	return time.UTC
}

// trendsConfig is the section `trends`, whose expressions are parsed as the store
// does.
type trendsConfig struct {
	trendwatch.Config `yaml:",inline"`
}

// Validate reports every fault, also of expressions.
func (c *trendsConfig) Validate() error {
	faults := []error{c.Config.Validate()}
	for i, r := range c.Rules {
		if r.Off {
			continue
		}
		at := config.IndexPath("rules", i)
		if r.Expr != "" {
			faults = append(faults, exprFault(config.KeyPath(at, "expr"), r.Expr, tsdb.CheckSeries))
		}
		if number, err := strconv.ParseFloat(r.Limit, 64); err != nil && r.Limit != "" {
			faults = append(faults, exprFault(config.KeyPath(at, "limit"), r.Limit, tsdb.CheckExpr))
		} else if math.IsNaN(number) || math.IsInf(number, 0) {
			faults = append(faults, config.Faultf(config.KeyPath(at, "limit"), "got %s; want a finite number, or a PromQL expression", r.Limit))
		}
	}
	return errors.Join(faults...)
}

// exprFault says what is wrong with an expression, and where in it.
func exprFault(path, expr string, check func(string) error) error {
	if err := check(expr); err != nil {
		return config.Faultf(path, "is no PromQL for series: %v (try it on the running server: monitord query 'EXPR')", err)
	}
	return nil
}

// trendStore is the store as trends ask it.
type trendStore struct{ db *tsdb.DB }

func (t trendStore) Range(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]trendwatch.Series, error) {
	found, err := t.db.QueryRange(ctx, expr, start, end, step)
	if err != nil {
		return nil, err
	}
	out := make([]trendwatch.Series, len(found))
	for i, one := range found {
		out[i] = trendwatch.Series{Labels: one.Labels, Points: make([]trendwatch.Point, len(one.Points))}
		for j, p := range one.Points {
			out[i].Points[j] = trendwatch.Point(p)
		}
	}
	return out, nil
}

func (t trendStore) Narrow(expr, label, value string) (string, error) {
	return t.db.Narrow(expr, label, value)
}

// tellTrend hands a finding to the engine.
func (s *server) tellTrend(ctx context.Context, r trendwatch.Result) error {
	_, err := s.engine.Observe(ctx, alerting.Observation{Host: r.Host, Check: trendwatch.Check, At: r.At, Builtin: true, Results: []checks.Result{r.Result}})
	return err
}

func (s *server) hardState(id checks.Service) (checks.State, bool) {
	st, known := s.engine.Service(id)
	return st.HardState, known
}

func (s *server) badTrends() []checks.Service {
	var list []checks.Service
	for _, st := range s.engine.Services() {
		if st.Service.Check == trendwatch.Check && st.HardState != checks.OK {
			list = append(list, st.Service)
		}
	}
	return list
}

// hostCut reports whether a host is down, or its probe gone: what its series say
// is a symptom of that.
func (s *server) hostCut(host string) bool { return s.engine.CutOff(host, trendwatch.Check) }

// runTrends judges until the end. Without its folder it cannot keep what it
// learns: all else goes on.
func (s *server) runTrends(ctx context.Context) error {
	if err := s.trends.Run(ctx); err != nil {
		s.log.Error("trends are not judged", logkeys.Err, err)
		<-ctx.Done()
	}
	return nil
}

// pageTrends is what the pages ask; none when nothing is judged.
func (s *server) pageTrends() dashboards.Trends {
	if s.trends == nil {
		return nil
	}
	return s.trends
}

package tsdb

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/tsdb/index"
)

// rules: judging is done by checks, so there are no rule groups.
func (a *api) rules(*http.Request) (answer, error) {
	return asJSON(map[string]any{"groups": []any{}}, nil)
}

func (a *api) alerts(*http.Request) (answer, error) {
	return asJSON(map[string]any{"alerts": []any{}}, nil)
}

func (a *api) metadata(r *http.Request) (answer, error) {
	limit := -1
	if s := r.FormValue("limit"); s != "" {
		var err error
		if limit, err = strconv.Atoi(s); err != nil {
			return answer{}, apiError{"bad_data", errors.New("limit must be a number")}
		}
	}
	out := make(map[string][]Metadata)
	for name, md := range a.db.words.all() {
		if limit >= 0 && len(out) >= limit {
			break
		}
		if want := r.FormValue("metric"); want == "" || want == name {
			out[name] = []Metadata{md}
		}
	}
	return asJSON(out, nil)
}

// buildInfo names the version of the library, which decides what PromQL can do;
// Grafana chooses its features by it.
func (a *api) buildInfo(*http.Request) (answer, error) {
	info := map[string]string{
		"version": libraryVersion(), "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": runtime.Version(),
	}
	return asJSON(info, nil)
}

const libraryPath = "github.com/prometheus/prometheus"

// libraryVersion turns the module's v0.315.0 into Prometheus' own 3.15.0. A test
// binary does not know its modules.
func libraryVersion() string {
	version := "v0.315.0"
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, m := range bi.Deps {
			if m.Path == libraryPath {
				version = m.Version
			}
		}
	}
	return productVersion(version)
}

// productVersion: module v0.315.0 is program 3.15.0 (hundreds are the major).
func productVersion(module string) string {
	var minor, patch int
	if n, err := fmt.Sscanf(module, "v0.%d.%d", &minor, &patch); n != 2 || err != nil || minor < 300 {
		return module
	}
	return fmt.Sprintf("%d.%d.%d", minor/100, minor%100, patch)
}

func (a *api) runtimeInfo(*http.Request) (answer, error) {
	cwd, _ := os.Getwd() // empty when unknown: nobody decides on it
	hostname, _ := os.Hostname()
	return asJSON(map[string]any{
		"startTime": a.db.started.UTC(), "CWD": cwd, "hostname": hostname, "serverTime": a.db.opts.Now().UTC(),
		"reloadConfigSuccess": true, "lastConfigTime": a.db.started.UTC(), "corruptionCount": 0,
		"goroutineCount": runtime.NumGoroutine(), "GOMAXPROCS": runtime.GOMAXPROCS(0),
		"GOMEMLIMIT": debug.SetMemoryLimit(-1), "GOGC": os.Getenv("GOGC"), "GODEBUG": os.Getenv("GODEBUG"),
		"storageRetention": model.Duration(a.db.opts.Retention.Truncate(time.Second)).String(),
	}, nil)
}

type statPair struct {
	Name  string `json:"name"`
	Value uint64 `json:"value"`
}

func (a *api) tsdbStatus(r *http.Request) (answer, error) {
	limit := 10
	if s := r.FormValue("limit"); s != "" {
		var err error
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > 10_000 {
			return answer{}, apiError{"bad_data", errors.New("limit must be a positive number, at most 10000")}
		}
	}
	gen, err := a.db.acquireWait(r.Context())
	if err != nil {
		return answer{}, err
	}
	defer gen.release()
	head := gen.db.Head()
	s := head.Stats(model.MetricNameLabel, limit)
	return asJSON(map[string]any{
		"headStats": map[string]any{
			"numSeries": s.NumSeries, "numLabelPairs": s.IndexPostingStats.NumLabelPairs,
			"chunkCount": 0, "minTime": s.MinTime, "maxTime": s.MaxTime,
		},
		"seriesCountByMetricName":     statPairs(s.IndexPostingStats.CardinalityMetricsStats),
		"labelValueCountByLabelName":  statPairs(s.IndexPostingStats.CardinalityLabelStats),
		"memoryInBytesByLabelName":    statPairs(s.IndexPostingStats.LabelValueStats),
		"seriesCountByLabelValuePair": statPairs(s.IndexPostingStats.LabelValuePairsStats),
	}, nil)
}

func statPairs(in []index.Stat) []statPair {
	out := make([]statPair, 0, len(in))
	for _, s := range in {
		out = append(out, statPair{s.Name, s.Count})
	}
	return out
}

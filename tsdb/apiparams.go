package tsdb

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// The first and last moment that the API knows, as Prometheus has them: the
// milliseconds fit int64 with room for arithmetic.
var (
	firstMoment = time.Unix(math.MinInt64/1000+62135596801, 0).UTC()
	lastMoment  = time.Unix(math.MaxInt64/1000-62135596801, 999999999).UTC()
)

func badParam(name string, err error) error {
	return apiError{"bad_data", fmt.Errorf("invalid parameter %q: %w", name, err)}
}

// timeParam reads Unix seconds or RFC 3339; absent means def.
func timeParam(r *http.Request, name string, def time.Time) (time.Time, error) {
	s := r.FormValue(name)
	if s == "" && !def.IsZero() {
		return def, nil
	}
	t, err := parseTime(s)
	if err != nil && !def.IsZero() {
		err = fmt.Errorf("invalid time value for '%s': %w", name, err)
	}
	if err != nil {
		return t, badParam(name, err)
	}
	return t, nil
}

func parseTime(s string) (time.Time, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		whole, frac := math.Modf(f)
		if math.IsNaN(f) || math.Abs(f) > math.MaxInt64/1000 {
			return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", s)
		}
		frac = math.Round(frac*1000) / 1000
		return time.Unix(int64(whole), int64(frac*float64(time.Second))).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	// Years of more than four digits: only the two bounds, which clients send.
	switch s {
	case firstMoment.Format(time.RFC3339Nano):
		return firstMoment, nil
	case lastMoment.Format(time.RFC3339Nano):
		return lastMoment, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", s)
}

// durationParam reads seconds or Prometheus' form (1h30m); absent means 0.
func durationParam(r *http.Request, name string) (time.Duration, error) {
	s := r.FormValue(name)
	if s == "" {
		return 0, nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return 0, badParam(name, err)
	}
	return d, nil
}

func parseDuration(s string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		ns := f * float64(time.Second)
		if math.IsNaN(ns) || ns > math.MaxInt64 || ns < math.MinInt64 {
			return 0, fmt.Errorf("cannot parse %q to a valid duration. It overflows int64", s)
		}
		return time.Duration(ns), nil
	}
	if d, err := model.ParseDuration(s); err == nil {
		return time.Duration(d), nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", s)
}

// limitParam reads the largest number of results; 0 or absent is no limit.
func limitParam(r *http.Request) (int, error) {
	s := r.FormValue("limit")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err == nil && n < 0 {
		err = errors.New("limit must be non-negative")
	}
	if err != nil {
		return 0, badParam("limit", err)
	}
	return n, nil
}

// selection is what the endpoints about series have in common.
type selection struct {
	mint, maxt int64
	limit      int
	matchers   [][]*labels.Matcher
}

func (a *api) selection(r *http.Request) (s selection, err error) {
	if s.limit, err = limitParam(r); err != nil {
		return s, err
	}
	start, err := timeParam(r, "start", firstMoment)
	if err != nil {
		return s, err
	}
	end, err := timeParam(r, "end", lastMoment)
	if err != nil {
		return s, err
	}
	s.mint, s.maxt = start.UnixMilli(), end.UnixMilli()
	s.matchers, err = a.matchers(r.Form["match[]"])
	return s, err
}

func (a *api) matchers(selectors []string) ([][]*labels.Matcher, error) {
	sets, err := a.db.parser.ParseMetricSelectors(selectors)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		if !narrows(set) {
			return nil, errors.New("match[] must contain at least one non-empty matcher")
		}
	}
	return sets, nil
}

// narrows tells whether a set of matchers excludes the series without labels.
func narrows(set []*labels.Matcher) bool {
	for _, m := range set {
		if !m.Matches("") {
			return true
		}
	}
	return false
}

// hintLimit asks for one more than is shown, so that a cut is noticed.
func (s selection) hintLimit() int {
	if s.limit > 0 && s.limit < math.MaxInt {
		return s.limit + 1
	}
	return s.limit
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"monitord/checks/trend"
	"monitord/checks/trend/trendcsv"
	"monitord/internal/text"
)

// trendForecastCmd asks when.
type trendForecastCmd struct {
	trendSeries
	Limit float64 `required:"" help:"The value that must not be reached." placeholder:"N"`
}

// Help is the end of --help.
func (trendForecastCmd) Help() string {
	return `Example:

    monitord trend forecast --limit 100 disk.csv

Prints three dates, by which the limit is reached with one chance in ten, one in two, nine in ten; or that it is not in sight.

A limit below all values is taken as a floor.`
}

// forecastJSON is the answer for scripts; a date that is null is not in sight.
type forecastJSON struct {
	Limit    float64    `json:"limit"`
	Below    bool       `json:"below"`
	Enough   bool       `json:"enough"`
	Reached  bool       `json:"reached"`
	P10      *time.Time `json:"p10"`
	P50      *time.Time `json:"p50"`
	P90      *time.Time `json:"p90"`
	Cleaned  bool       `json:"cleaned"` // earlier fillings ended below the limit
	Until    time.Time  `json:"until"`   // the horizon
	Sentence string     `json:"sentence"`
}

// Run needs no server.
func (c trendForecastCmd) Run(e *env) error {
	zone, err := c.zone()
	if err != nil {
		return err
	}
	if math.IsNaN(c.Limit) || math.IsInf(c.Limit, 0) {
		return fmt.Errorf("--limit: got %v; want a finite number", c.Limit)
	}
	rows, err := c.sorted(e, zone)
	if err != nil {
		return err
	}
	conf := trend.DefaultConfig()
	conf.Zone, conf.Counter = zone, c.Counter
	conf.Below = c.Below || len(rows) > 0 && !slices.ContainsFunc(rows, func(r trendcsv.Row) bool { return r.Value <= c.Limit })
	d, err := trend.New(conf)
	if err != nil {
		return fmt.Errorf("trend forecast: %w", err)
	}
	for _, r := range rows {
		d.Observe(r.At, r.Value)
	}
	f := d.Forecast(c.Limit)
	last := 0.0
	if len(rows) > 0 {
		last = rows[len(rows)-1].Value
	}
	lang := shellLanguage()
	if c.JSON {
		lang = text.English
	}
	sentence := text.Default().Render(lang, zone, f.Sentence(c.name(), c.Limit, last))
	if !c.JSON {
		_, err := fmt.Fprintln(e.stdout, sentence)
		return errors.Join(err, plainDates(e.stdout, f, zone, capacityWords(lang)))
	}
	date := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.In(zone)
		return &t
	}
	return json.NewEncoder(e.stdout).Encode(forecastJSON{
		Limit: c.Limit, Below: conf.Below, Enough: f.Enough, Reached: f.Reached, P10: date(f.P10), P50: date(f.P50), P90: date(f.P90),
		Cleaned: f.Cleaned, Until: f.Until.In(zone), Sentence: sentence,
	})
}

// sorted reads all rows with time and number, in order of time.
func (c trendForecastCmd) sorted(e *env, zone *time.Location) ([]trendcsv.Row, error) {
	var rows []trendcsv.Row
	left := 0
	err := c.each(e, zone, func(r trendcsv.Row) bool {
		if r.Timed && !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0) {
			rows = append(rows, r)
		} else {
			left++
		}
		return e.ctx.Err() == nil
	})
	if left > 0 {
		fmt.Fprintf(e.stderr, "note: %d rows without a time or a number were left out\n", left)
	}
	slices.SortStableFunc(rows, func(a, b trendcsv.Row) int { return a.At.Compare(b.At) })
	return rows, errors.Join(err, e.ctx.Err())
}

// plainDates are the three dates, a line each.
func plainDates(w io.Writer, f trend.Forecast, zone *time.Location, words capacityWords) error {
	if !f.Enough || f.Reached {
		return nil
	}
	for _, q := range []struct {
		name string
		at   time.Time
	}{{"p10", f.P10}, {"p50", f.P50}, {"p90", f.P90}} {
		when := words.say("far")
		if !q.at.IsZero() {
			when = q.at.In(zone).Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(w, "%s %s\n", q.name, when); err != nil {
			return err
		}
	}
	return nil
}

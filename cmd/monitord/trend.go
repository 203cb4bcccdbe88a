package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"monitord/checks/trend"
	"monitord/checks/trend/trendcsv"
)

// trendCmd is everything about trends that needs no server.
type trendCmd struct {
	Detect   trendDetectCmd   `cmd:"" help:"Judge each row of a file: a score from 0 to 1, and what began."`
	Forecast trendForecastCmd `cmd:"" help:"Say when a series reaches a limit."`
}

// trendSeries is what both ask about a series.
type trendSeries struct {
	Counter  bool   `help:"The values only rise: judge their rate."`
	Below    bool   `help:"The limit is a floor, such as free memory."`
	Timezone string `help:"Zone of times without one, and of the hours of the week." default:"UTC"`
	JSON     bool   `help:"Print JSON."`
	File     string `arg:"" help:"CSV with timestamp,value; - is standard input." name:"file"`
}

func (c trendSeries) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, fmt.Errorf("--timezone: %w", err)
	}
	return zone, nil
}

// each reads the file row by row.
func (c trendSeries) each(e *env, zone *time.Location, yield func(trendcsv.Row) bool) error {
	in := e.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("read series: %w (give a CSV file with timestamp,value; - reads standard input)", err)
		}
		defer f.Close()
		in = f
	}
	if in == nil {
		in = strings.NewReader("")
	}
	return trendcsv.Read(bufio.NewReaderSize(in, 64<<10), zone, yield)
}

// name is how sentences call the series.
func (c trendSeries) name() string {
	if c.File == "-" {
		return "stdin"
	}
	return strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))
}

// trendDetectCmd scores a file.
type trendDetectCmd struct {
	trendSeries
	Limit *float64     `help:"A value that must not be reached; asks for findings of the kind limit, too." placeholder:"N"`
	Only  []trend.Kind `help:"Kinds wanted: surge, drop, pattern, limit." placeholder:"KIND"`
}

// Help is the end of --help.
func (trendDetectCmd) Help() string {
	return `Example:

    monitord trend detect traffic.csv

Each row is judged without looking at later ones. kind stands in the row with which a finding began or changed its kind.

Rows that are older than one before them, or hold no number, get the score 0; stderr tells how many.`
}

// trendRow is a row for scripts.
type trendRow struct {
	Timestamp string        `json:"timestamp"`
	Value     string        `json:"value"`
	Score     float64       `json:"anomaly_score"`
	Kind      string        `json:"kind"`
	Finding   *trendFinding `json:"finding,omitempty"` // one that began or changed with this row
}

// trendFinding is a finding for scripts.
type trendFinding struct {
	ID       uint32    `json:"id"`
	Kind     string    `json:"kind"`
	Form     string    `json:"form"`
	State    string    `json:"state"`
	Onset    time.Time `json:"onset"`
	Was      float64   `json:"was"`
	Now      float64   `json:"now"`
	Size     float64   `json:"size"`
	Open     bool      `json:"open"`
	Sentence string    `json:"sentence"`
}

// Run needs no server. Exit code 1: the file cannot be read.
func (c trendDetectCmd) Run(e *env) error {
	zone, err := c.zone()
	if err != nil {
		return err
	}
	conf := trend.DefaultConfig()
	conf.Counter, conf.Below, conf.Limit, conf.Zone, conf.Only = c.Counter, c.Below, c.Limit, zone, c.Only
	if c.Limit != nil && len(c.Only) == 0 {
		conf.Only = []trend.Kind{trend.Surge, trend.Drop, trend.Pattern, trend.Limit}
	}
	d, err := trend.New(conf)
	if err != nil {
		return fmt.Errorf("trend detect: %w", err)
	}
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	write := c.writer(out)
	rows, untimed := 0, 0
	known := map[uint32]int64{}
	var fault error
	err = c.each(e, zone, func(r trendcsv.Row) bool {
		rows++
		row := trendRow{Timestamp: r.Stamp, Value: r.Text}
		if r.Timed {
			c.judge(d, r, &row, known)
		} else {
			untimed++
		}
		fault = errors.Join(write(row), e.ctx.Err())
		return fault == nil
	})
	if err != nil && rows == 0 {
		return err
	}
	if err := errors.Join(err, fault, out.Flush()); err != nil {
		return err
	}
	_, bad, late := d.Counts()
	notes(e.stderr, rows, untimed, bad, late, d.Enough())
	return nil
}

// judge fills the row's score, kind and finding. Findings look at means of five
// minutes, so the moment of a change may be that of a row before; what is known
// says which change is new, by the finding's number.
func (c trendDetectCmd) judge(d *trend.Detector, r trendcsv.Row, row *trendRow, known map[uint32]int64) {
	v := d.Observe(r.At, r.Value)
	row.Score, row.Kind = math.Round(v.Score*1e6)/1e6, v.Kind.String()
	if !c.JSON {
		return
	}
	for _, f := range d.Findings() {
		if at, old := known[f.ID]; !old || at != f.Changed {
			known[f.ID] = f.Changed
			row.Finding = findingJSON(f, c.name())
		}
	}
}

func findingJSON(f trend.Finding, name string) *trendFinding {
	return &trendFinding{
		ID: f.ID, Kind: f.Kind.String(), Form: f.Form.String(), State: f.State().String(), Onset: time.Unix(f.Onset, 0).UTC(),
		Was: f.Was, Now: f.Now, Size: f.Size, Open: f.Open(), Sentence: sentences()(f.Sentence(name)),
	}
}

// writer prints rows in one of the two forms.
func (c trendDetectCmd) writer(out io.Writer) func(trendRow) error {
	if c.JSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return func(r trendRow) error { return enc.Encode(r) }
	}
	w := csv.NewWriter(out)
	fault := w.Write([]string{"timestamp", "value", "anomaly_score", "kind"})
	return func(r trendRow) error {
		err := w.Write([]string{r.Timestamp, r.Value, strconv.FormatFloat(r.Score, 'f', -1, 64), r.Kind})
		w.Flush()
		return errors.Join(fault, err, w.Error())
	}
}

// notes say on stderr what was left out, and whether it was enough.
func notes(w io.Writer, rows, untimed int, bad, late int64, enough bool) {
	for _, n := range []struct {
		count int64
		what  string
	}{{int64(untimed), "without a time that is understood"}, {bad, "without a number"}, {late, "older than a row before them"}} {
		if n.count > 0 {
			fmt.Fprintf(w, "note: %d of %d rows are %s: they were not judged\n", n.count, rows, n.what)
		}
	}
	if rows == 0 {
		fmt.Fprintln(w, "note: there is no row: give lines such as 2026-03-01 12:00:00,17.5")
	} else if !enough {
		fmt.Fprintln(w, "note: too little data: findings need a hundred values over three days")
	}
}

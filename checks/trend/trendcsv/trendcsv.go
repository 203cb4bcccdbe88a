// Package trendcsv reads series from CSV files as people have them: with a
// header or without, times in several forms, values that are missing.
package trendcsv

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Row is one line. Stamp and Text are time and value as they came.
type Row struct {
	Line  int
	Stamp string
	Text  string
	At    time.Time
	Value float64 // NaN when there is none
	Timed bool    // the time was understood
}

// Read calls yield for each row until it returns false. A first line without a
// time is a header; columns named timestamp (time, date, ds) and value (y) are
// taken from there, else the first two are. Times without a zone are in zone.
func Read(r io.Reader, zone *time.Location, yield func(Row) bool) error {
	in := csv.NewReader(&returns{r: r})
	in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord, in.TrimLeadingSpace = -1, true, true, true
	at, value := 0, 1
	for first := true; ; first = false {
		rec, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read series: %w", err)
		}
		line, _ := in.FieldPos(0)
		row := Row{Line: line, Value: math.NaN()}
		if at < len(rec) {
			row.Stamp = strings.TrimPrefix(strings.TrimSpace(rec[at]), "\ufeff")
			row.At, row.Timed = ParseTime(row.Stamp, zone)
		}
		if first && !row.Timed {
			if a, v, ok := header(rec); ok {
				at, value = a, v
				continue
			}
		}
		if value < len(rec) {
			row.Text = strings.TrimSpace(rec[value])
			if v, err := strconv.ParseFloat(row.Text, 64); err == nil {
				row.Value = v
			}
		}
		if !yield(row) {
			return nil
		}
	}
}

// header finds the columns by name; ok is false for a line that is none.
func header(rec []string) (at, value int, ok bool) {
	at, value = 0, 1
	for i, name := range rec {
		switch strings.ToLower(strings.Trim(strings.TrimSpace(name), "\ufeff\"")) {
		case "timestamp", "time", "date", "ds":
			at, ok = i, true
		case "value", "y":
			value, ok = i, true
		}
	}
	if !ok && len(rec) > 1 { // words in both columns
		_, err := strconv.ParseFloat(strings.TrimSpace(rec[1]), 64)
		ok = err != nil && strings.TrimSpace(rec[1]) != ""
	}
	return at, value, ok
}

// ParseTime reads RFC 3339, 2014-04-01 00:05:00 with or without T, fraction,
// seconds or time of day, and Unix seconds (milliseconds from 13 digits on).
func ParseTime(s string, zone *time.Location) (time.Time, bool) {
	if zone == nil {
		zone = time.UTC
	}
	if len(s) >= 8 && s[4%len(s)] == '-' {
		for _, form := range []string{"2006-01-02 15:04:05", time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04"} {
			if at, err := time.ParseInLocation(form, s, zone); err == nil {
				return at, sensible(at)
			}
		}
		return time.Time{}, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e14 {
		return time.Time{}, false
	}
	if math.Abs(v) >= 1e12 {
		v /= 1000
	}
	whole := math.Floor(v)
	at := time.Unix(int64(whole), int64((v-whole)*1e9)).UTC()
	return at, sensible(at)
}

// sensible refuses years in which Unix seconds and calendars part.
func sensible(at time.Time) bool { return at.Year() > 0 && at.Year() < 10000 }

// returns turns carriage returns into line feeds: some programs still end lines
// with nothing else. Empty lines are skipped by the reader of CSV.
type returns struct{ r io.Reader }

func (c *returns) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	for i := range b[:n] {
		if b[i] == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

package logkeep

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Ask is a question as it is asked on the command line.
type Ask struct {
	Host    string
	File    string
	Since   string // see ParseTime; "" is the first line
	Until   string // "" is the last
	Expr    string // RE2; "" is every line
	Fold    bool   // upper and lower case are the same
	Context int    // so many lines of the same file before and behind each, at most MaxContext
	Limit   int    // at most so many found; 0 is no limit
	JSON    bool
	// Progress is told of what was done after each segment. May be nil.
	Progress func(Report)
}

// MaxContext bounds Ask.Context: so many lines of each file are remembered.
const MaxContext = 100

// Print writes what was asked for to w, a line each: time, host, file, text; or
// as JSON. It returns how many lines there were, so that a command can end with 1
// when there was none, as grep does.
func Print(ctx context.Context, w io.Writer, dir string, a Ask, now time.Time) (Report, error) {
	q, err := a.query(now)
	if err != nil {
		return Report{}, err
	}
	out := bufio.NewWriter(w)
	p := printer{ask: a, out: out, enc: json.NewEncoder(out)}
	p.enc.SetEscapeHTML(false)
	q.Progress = func(r Report) {
		if a.Progress != nil && out.Flush() == nil { // what was found shows before how far it is
			a.Progress(r)
		}
	}
	var r Report
	if a.Context > 0 {
		r, err = p.withContext(ctx, dir, q)
	} else {
		r, err = Grep(ctx, dir, q, func(f Found) error { return p.line(f, false) })
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	return r, err
}

// printer writes lines.
type printer struct {
	ask Ask
	out *bufio.Writer
	enc *json.Encoder
}

// line writes one; context lines have a - behind the file, as in grep.
func (p *printer) line(f Found, context bool) error {
	if p.ask.JSON {
		return p.enc.Encode(printed{f.Line.At.Format(stamp), f.Host, f.Line.File, f.Line.Text, f.Line.Cut, context})
	}
	sign := ":"
	if context {
		sign = "-"
	}
	_, err := fmt.Fprintf(p.out, "%s %s %s%s %s%s\n", f.Line.At.Local().Format(stamp), f.Host, visible(f.Line.File), sign, visible(f.Line.Text), cutMark(f.Line.Cut))
	return err
}

// stamp is how times are written: RFC 3339 with milliseconds.
const stamp = "2006-01-02T15:04:05.000Z07:00"

type printed struct {
	Time    string `json:"time"`
	Host    string `json:"host"`
	File    string `json:"file"`
	Text    string `json:"text"`
	Cut     bool   `json:"cut,omitempty"`
	Context bool   `json:"context,omitempty"` // it stands beside a line that was sought
}

// visible writes control characters so that a log cannot steer a terminal.
func visible(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isControl(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool {
	return r != '\t' && (r < 0x20 || r >= 0x7f && r < 0xa0) || unicode.Is(unicode.Bidi_Control, r)
}

func cutMark(cut bool) string {
	if cut {
		return " […]"
	}
	return ""
}

func (a Ask) query(now time.Time) (Query, error) {
	q := Query{Host: a.Host, File: a.File, Limit: a.Limit}
	var err error
	if q.Since, err = ParseTime(a.Since, now); err != nil {
		return q, fmt.Errorf("--since: %w", err)
	}
	if q.Until, err = ParseTime(a.Until, now); err != nil {
		return q, fmt.Errorf("--until: %w", err)
	}
	if a.Context < 0 || a.Context > MaxContext {
		return q, fmt.Errorf("context: got %d; want 0 to %d lines", a.Context, MaxContext)
	}
	q.Expr, err = Expression(a.Expr, a.Fold)
	return q, err
}

// Expression compiles what is sought; nil when it is "", which every line fulfils.
func Expression(expr string, fold bool) (*regexp.Regexp, error) {
	if expr == "" {
		return nil, nil
	}
	if fold {
		expr = "(?i:" + expr + ")"
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("expression: %w (RE2 syntax)", err)
	}
	return re, nil
}

// ParseTime reads a time: "" is zero; a span such as 2h or 7d is that long before
// now; else RFC 3339, or date, or date and time, of the local zone.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	var days float64
	if rest, ok := strings.CutSuffix(s, "d"); ok {
		if _, err := fmt.Sscanf(rest+" ", "%f ", &days); err == nil && days >= 0 && days < 36500 {
			return now.Add(-time.Duration(days * 24 * float64(time.Hour))), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time (want 2h, 7d, 2026-01-31, \"2026-01-31 12:00\" or 2026-01-31T12:00:00+09:00)", s)
}

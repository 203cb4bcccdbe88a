package logkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Query says which lines are sought.
type Query struct {
	Host  string         // "" is every host
	File  string         // a pattern of path.Match for its path, or for its name when it holds no slash; "" is every file
	Since time.Time      // zero: from the first line on
	Until time.Time      // zero: to the last
	Expr  *regexp.Regexp // nil: every line
	Limit int            // at most so many; 0 is no limit
	From  string         // where to go on: Report.Next of another Grep; "" is the beginning
	// Progress is told of what was done after each segment. May be nil.
	Progress func(Report)
}

// Found is a line that was sought.
type Found struct {
	Host string
	Line Line
}

// Report is what a Grep had to do.
type Report struct {
	Segments int   // looked at
	Of       int   // segments that there are
	Blocks   int   // of the hosts and times sought
	Read     int   // of them, those that were decompressed
	Bytes    int64 // of text in them
	Lines    int   // found
	Damaged  int   // blocks that could not be read
	More     bool  // the limit was reached
	// Next is where to go on when there is more: after the last line, or where
	// the search was when its context ended. "" when all was read.
	Next string
}

// ErrFile says that Query.File is no pattern.
var ErrFile = errors.New("this is no pattern of files")

// Grep reads the folder of a Keeper, whether that runs or not, and calls f with
// each line that is sought: in the order in which they were kept. An error of f
// ends it. When ctx ends it returns the error of ctx, and Report.Next says where
// it was.
func Grep(ctx context.Context, dir string, q Query, f func(Found) error) (Report, error) {
	if _, err := path.Match(q.File, ""); err != nil {
		return Report{}, fmt.Errorf("%w (got %q; want such as app*.log)", ErrFile, q.File)
	}
	paths, err := segments(dir)
	if err != nil {
		return Report{}, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*maxRaw))
	if err != nil {
		return Report{}, err
	}
	defer dec.Close()
	from, err := parseMark(q.From)
	if err != nil {
		return Report{}, err
	}
	g := grep{Query: q, found: f, dec: dec, from: from}
	g.Of = len(paths)
	if q.Expr != nil {
		g.must = []byte(required(q.Expr.String()))
	}
	for _, p := range paths {
		if filepath.Base(p) < from.segment {
			continue
		}
		if err := g.segment(ctx, p); err != nil || g.More {
			return g.Report, err
		}
		if q.Progress != nil {
			q.Progress(g.Report)
		}
	}
	return g.Report, nil
}

// grep is one run.
type grep struct {
	Query
	Report
	found func(Found) error
	dec   *zstd.Decoder
	from  mark
	must  []byte // what each line sought holds
	buf   []byte
}

// segment reads one segment. One that is removed meanwhile has nothing.
func (g *grep) segment(ctx context.Context, p string) error {
	blocks, err := headersOf(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kept logs: %w", err)
	}
	g.Segments++
	here := mark{segment: filepath.Base(p)}
	var file *os.File
	for _, b := range blocks {
		here.block, here.line = b.offset, 0
		if !g.wants(b) || here.segment == g.from.segment && b.offset < g.from.block {
			continue
		}
		if here.segment == g.from.segment && b.offset == g.from.block {
			here.line = g.from.line
		}
		if err := ctx.Err(); err != nil {
			g.Next = here.String()
			return err
		}
		if file == nil {
			if file, err = os.Open(p); errors.Is(err, fs.ErrNotExist) {
				return nil
			} else if err != nil {
				return fmt.Errorf("kept logs: %w", err)
			}
			defer file.Close()
		}
		if err := g.block(file, b, here); err != nil || g.More {
			return err
		}
	}
	return nil
}

// wants says whether a block may hold what is sought.
func (g *grep) wants(b block) bool {
	return (g.Host == "" || b.host == g.Host) &&
		(g.Since.IsZero() || b.last >= g.Since.UnixMilli()) && (g.Until.IsZero() || b.first <= g.Until.UnixMilli())
}

// block reads one, from a line on.
func (g *grep) block(file *os.File, h block, here mark) error {
	g.Blocks++
	if int64(cap(g.buf)) < h.length {
		g.buf = make([]byte, h.length)
	}
	b := g.buf[:h.length]
	if _, err := file.ReadAt(b, h.offset); err != nil || !h.whole(b) {
		g.Damaged++
		return nil
	}
	raw, err := h.payload(g.dec, b)
	if err != nil {
		g.Damaged++
		return nil
	}
	g.Read++
	g.Bytes += int64(len(raw))
	if len(g.must) > 0 && !bytes.Contains(raw, g.must) {
		return nil
	}
	var stop error
	number := 0
	err = h.eachLine(raw, func(at int64, file string, cut bool, text []byte) bool {
		number++
		if number <= here.line || !g.matches(at, file, text) {
			return true
		}
		g.Lines++
		stop = g.found(Found{Host: h.host, Line: Line{At: time.UnixMilli(at), File: file, Text: string(text), Cut: cut}})
		if g.More = g.Limit > 0 && g.Lines >= g.Limit; g.More {
			here.line = number
			g.Next = here.String()
		}
		return stop == nil && !g.More
	})
	if err != nil {
		g.Damaged++
	}
	return stop
}

func (g *grep) matches(at int64, file string, text []byte) bool {
	if !g.Since.IsZero() && at < g.Since.UnixMilli() || !g.Until.IsZero() && at > g.Until.UnixMilli() {
		return false
	}
	if g.File != "" {
		name := file
		if path.Base(g.File) == g.File {
			name = path.Base(file)
		}
		if ok, _ := path.Match(g.File, name); !ok {
			return false
		}
	}
	return bytes.Contains(text, g.must) && (g.Expr == nil || g.Expr.Match(text))
}

// required returns the longest text that every match of an expression holds; ""
// when there is none.
func required(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalOf(re.Simplify())
}

func literalOf(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			for _, r := range re.Rune {
				if r == utf8.RuneError { // matches bytes that are no UTF-8 too
					return ""
				}
			}
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalOf(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if l := literalOf(sub); len(l) > len(longest) {
				longest = l
			}
		}
	}
	return longest
}

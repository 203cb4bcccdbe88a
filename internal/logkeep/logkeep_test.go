package logkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
)

// noon is the time of line 0.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, change func(*Config)) *Keeper {
	t.Helper()
	cfg := DefaultConfig()
	cfg.MinFree = 0
	if change != nil {
		change(&cfg)
	}
	k, err := Open(dir, cfg, func() time.Time { return noon }, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// lines makes n lines, one a second.
func lines(from, n int) []Line {
	all := make([]Line, n)
	for i := range all {
		all[i] = Line{At: noon.Add(time.Duration(from+i) * time.Second), File: "/var/log/app.log", Text: fmt.Sprintf("request %d answered in %d ms", from+i, (from+i)%97)}
	}
	return all
}

func find(t *testing.T, dir string, q Query) ([]Found, Report) {
	t.Helper()
	var all []Found
	r, err := Grep(t.Context(), dir, q, func(f Found) error {
		f.Line.At = f.Line.At.UTC()
		all = append(all, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, r
}

func TestLinesAreFoundByHostTimeFileAndExpression(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	k.Append("web1", lines(0, 1000))
	k.Append("web2", lines(0, 1000))
	k.Append("web1", []Line{{At: noon, File: "/var/log/other.log", Text: "日本語 request", Cut: true}})
	if err := k.Sync(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"everything", Query{}, 2001},
		{"a host", Query{Host: "web2"}, 1000},
		{"no such host", Query{Host: "web3"}, 0},
		{"a time", Query{Host: "web2", Since: noon.Add(10 * time.Second), Until: noon.Add(19 * time.Second)}, 10},
		{"a file by its name", Query{File: "other*"}, 1},
		{"a file by its path", Query{File: "/var/log/app.log", Host: "web1"}, 1000},
		{"an expression", Query{Expr: regexp.MustCompile(`^request 12\d answered`)}, 20},
		{"one without a fixed text", Query{Expr: regexp.MustCompile(`\d{3} ms|^日`)}, 1},
		{"at most", Query{Limit: 7}, 7},
	} {
		if got, r := find(t, dir, c.q); len(got) != c.want || r.Lines != c.want {
			t.Errorf("%s: %d lines, %+v; want %d", c.name, len(got), r, c.want)
		}
	}
	got, _ := find(t, dir, Query{File: "other.log"})
	if d := cmp.Diff([]Found{{"web1", Line{At: noon, File: "/var/log/other.log", Text: "日本語 request", Cut: true}}}, got); d != "" {
		t.Error(d)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if got, r := find(t, dir, Query{Host: "web1", Expr: regexp.MustCompile("request 7 ")}); len(got) != 1 || r.Blocks != r.Read {
		t.Errorf("after Close: %d lines, %+v", len(got), r)
	}
}

func TestASearchGoesOnWhereItWas(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	for i := range 9 {
		k.Append([]string{"web1", "web2"}[i%2], lines(i*7, 7))
		if err := k.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	k = open(t, dir, nil)
	k.Append("web1", lines(63, 7))
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	for _, q := range []Query{{}, {Host: "web1"}, {Expr: regexp.MustCompile("[13]")}, {Since: noon.Add(13 * time.Second)}} {
		want, _ := find(t, dir, q)
		for limit := 1; limit < 12; limit++ {
			var got []Found
			for part := q; ; {
				part.Limit = limit
				some, r := find(t, dir, part)
				got = append(got, some...)
				if part.From = r.Next; r.Next == "" {
					break
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%+v, %d at a time: %s", q, limit, d)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	r, err := Grep(ctx, dir, Query{}, func(Found) error {
		if seen++; seen == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || r.Lines != 14 || r.Next == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if rest, _ := find(t, dir, Query{From: r.Next}); len(rest) != 70-14 {
		t.Errorf("%d lines after the end of time", len(rest))
	}
	for _, bad := range []string{"x", "a.logz:1", "a.logz:x:1", "a.logz:-1:0", "../x:1:1", "a.logz:1:99999999999999999999"} {
		if _, err := Grep(t.Context(), dir, Query{From: bad}, nil); !errors.Is(err, ErrMark) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPrintShowsWhatStandsBesideALineInItsFile(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	for i := range 30 {
		at := noon.Add(time.Duration(i) * time.Second)
		k.Append("web1", []Line{{At: at, File: "a", Text: fmt.Sprint("a", i)}, {At: at, File: "b", Text: fmt.Sprint("b", i)}})
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	print := func(a Ask) (string, Report) {
		t.Helper()
		var b strings.Builder
		r, err := Print(t.Context(), &b, dir, a, noon)
		if err != nil {
			t.Fatal(err)
		}
		var short []string
		for line := range strings.Lines(b.String()) {
			f := strings.Fields(line)
			short = append(short, f[2]+f[3])
		}
		return strings.Join(short, " "), r
	}
	for _, c := range []struct {
		ask  Ask
		want string
		n    int
	}{
		{Ask{Expr: "^A7$", Fold: true, Context: 2}, "a-a5 a-a6 a:a7 a-a8 a-a9", 1},
		{Ask{Expr: "^A7$", Context: 2}, "", 0},
		{Ask{Expr: "^a(7|9)$", Context: 2}, "a-a5 a-a6 a:a7 a-a8 a:a9 a-a10 a-a11", 2},
		{Ask{Expr: "^a1?[07]$", Context: 1, Limit: 2}, "a:a0 a-a1 a-a6 a:a7 a-a8", 2},
		{Ask{Expr: "^.29$", Context: 1}, "a-a28 b-b28 a:a29 b:b29", 2},
	} {
		got, r := print(c.ask)
		sorted := strings.Fields(got)
		slices.Sort(sorted)
		wanted := strings.Fields(c.want)
		slices.Sort(wanted)
		if d := cmp.Diff(wanted, sorted, cmpopts.EquateEmpty()); d != "" || r.Lines != c.n || r.More != (c.ask.Limit > 0) {
			t.Errorf("%+v: %q, %+v", c.ask, got, r)
		}
	}
	if _, err := Print(t.Context(), io.Discard, dir, Ask{Context: MaxContext + 1}, noon); err == nil {
		t.Error("too much context is taken")
	}
	if _, err := Print(t.Context(), io.Discard, dir, Ask{Expr: "("}, noon); err == nil || !strings.Contains(err.Error(), "RE2") {
		t.Errorf("%v", err)
	}
}

func TestWhereverACrashCutsASegmentOnlyItsLastBlockIsLost(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	var ends []int64
	for i := range 3 {
		k.Append("web1", lines(i*5, 5))
		if err := k.Sync(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, k.Stats().Bytes)
	}
	paths, err := segments(dir)
	if err != nil || len(paths) != 1 {
		t.Fatalf("segments %q, %v", paths, err)
	}
	whole, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		crashed := t.TempDir()
		if err := os.WriteFile(filepath.Join(crashed, filepath.Base(paths[0])), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		k := open(t, crashed, nil)
		k.Append("web1", lines(100, 1))
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		blocks := 0
		for _, end := range ends {
			if end <= int64(cut) {
				blocks++
			}
		}
		torn := uint64(cut)
		if blocks > 0 {
			torn -= uint64(ends[blocks-1])
		}
		got, r := find(t, crashed, Query{})
		if len(got) != blocks*5+1 || r.Damaged > 0 || k.Stats().Torn != torn {
			t.Fatalf("cut at %d of %d: %d lines, %+v, torn %d; want %d lines, torn %d", cut, len(whole), len(got), r, k.Stats().Torn, blocks*5+1, torn)
		}
	}
}

func TestDamageInTheMiddleCostsItsBlockOnly(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	for i := range 3 {
		k.Append("web1", lines(i*5, 5))
		if err := k.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	paths, _ := segments(dir)
	b, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, where := range []int{0, 6, 20, 60} { // magic, length, header, payload of the second block
		h, err := parseHeader(b)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(b)
		bad[int(h.length)+where] ^= 0xff
		damaged := t.TempDir()
		if err := os.WriteFile(filepath.Join(damaged, filepath.Base(paths[0])), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _ := find(t, damaged, Query{}); len(got) != 10 {
			t.Errorf("damage at byte %d of a block: %d lines are left, want 10", where, len(got))
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheFolderIsBoundedByAgeAndSize(t *testing.T) {
	dir := t.TempDir()
	now := noon
	cfg := DefaultConfig()
	cfg.MinFree, cfg.MaxAge = 0, 48*time.Hour
	k, err := Open(dir, cfg, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for day := range 5 { // a segment each day
		now = noon.Add(time.Duration(day) * 25 * time.Hour)
		k.Append("web1", []Line{{At: now, Text: fmt.Sprint("day ", day)}})
		if err := k.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.prune(); err != nil {
		t.Fatal(err)
	}
	got, _ := find(t, dir, Query{})
	if len(got) != 2 || got[0].Line.Text != "day 3" {
		t.Errorf("left is %v", got)
	}
	k.cfg.MaxBytes = 1
	if err := k.prune(); err != nil {
		t.Fatal(err)
	}
	if s := k.Stats(); s.Segments != 1 || s.Pruned != 4 {
		t.Errorf("figures %+v", s)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%d files, want a segment and its index", len(entries))
	}
}

func TestAFullDiskStopsKeepingAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: a small disk needs root: %s", out)
	}
	defer func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
	}()
	k := open(t, dir, nil)
	random := rand.New(rand.NewPCG(1, 2))
	kept := 0
	for k.Stats().Dropped == 0 {
		var b strings.Builder
		for range 2000 { // cannot be compressed
			fmt.Fprintf(&b, "%016x", random.Uint64())
		}
		k.Append("web1", []Line{{At: noon, Text: b.String()}})
		if err := k.Sync(); err != nil {
			t.Fatal(err)
		}
		kept++
	}
	kept--
	if s := k.Stats(); s.Fault == "" || int(s.Lines) != kept {
		t.Errorf("figures %+v, kept %d", s, kept)
	}
	if got, r := find(t, dir, Query{}); len(got) != kept || r.Damaged > 0 {
		t.Errorf("%d lines, %+v; want %d", len(got), r, kept)
	}
	k.Append("web1", lines(0, 1)) // a small one has room
	if err := k.Close(); err != nil && k.Stats().Fault == "" {
		t.Fatal(err)
	}
	if s := k.Stats(); s.Fault != "" {
		t.Errorf("still at fault: %+v", s)
	}
}

func TestADiskThatIsNearlyFullIsLeftToOthers(t *testing.T) {
	k := open(t, t.TempDir(), func(c *Config) { c.MinFree = 1 << 60 })
	k.Append("web1", lines(0, 3))
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if s := k.Stats(); s.Dropped != 3 || !strings.Contains(s.Fault, "min_free") {
		t.Errorf("figures %+v", s)
	}
}

func TestPrintWritesLinesAndJSON(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir, nil)
	k.Append("web1", []Line{{At: noon, File: "/a", Text: "esc \x1b[2J <b>", Cut: true}, {At: noon.Add(-2 * time.Hour), File: "/a", Text: "old"}})
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	now := noon.Add(time.Minute)
	var out strings.Builder
	if _, err := Print(t.Context(), &out, dir, Ask{Since: "1h"}, now); err != nil {
		t.Fatal(err)
	}
	if want := noon.Local().Format(stamp) + ` web1 /a: esc \x1b[2J <b> […]` + "\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	if r, err := Print(t.Context(), &out, dir, Ask{Expr: "^o", JSON: true}, now); err != nil || r.Lines != 1 {
		t.Fatal(r, err)
	}
	if !strings.Contains(out.String(), `"host":"web1","file":"/a","text":"old"}`) {
		t.Errorf("%s", out.String())
	}
	for _, a := range []Ask{{Since: "yesterday"}, {Until: "-1h"}, {Expr: "("}, {File: "["}} {
		if _, err := Print(context.Background(), &out, dir, a, now); err == nil {
			t.Errorf("%+v is no question", a)
		}
	}
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	now := noon
	for in, want := range map[string]time.Time{
		"2h": now.Add(-2 * time.Hour), "7d": now.Add(-7 * 24 * time.Hour), "2026-01-31": time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		"2026-01-31 09:30": time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC), "2026-01-31T12:00:00+09:00": time.Date(2026, 1, 31, 3, 0, 0, 0, time.UTC),
	} {
		if got, err := ParseTime(in, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
}

func TestTheRequiredTextOfAnExpressionIsInEveryMatch(t *testing.T) {
	for expr, want := range map[string]string{
		"abc": "abc", "a.*bcd": "bcd", "(foo)+x?": "foo", "a|b": "", "(?i)abc": "", "x*": "", `^\d+ error: (.*)$`: " error: ",
	} {
		if got := required(expr); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

func FuzzBlock(f *testing.F) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(2*maxRaw))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encodeBlock(enc, "web1", lines(0, 3)))
	f.Add(encodeIndex([]block{{offset: 1, length: 2, first: 3, last: 4, host: "a"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if blocks, err := parseIndex(b); err == nil {
			if again, err := parseIndex(encodeIndex(blocks)); err != nil || !slices.Equal(again, blocks) {
				t.Errorf("index %+v became %+v, %v", blocks, again, err)
			}
		}
		h, err := parseHeader(b)
		if err != nil {
			return
		}
		if raw, err := h.payload(dec, b[:min(int64(len(b)), h.length)]); err == nil {
			_ = h.eachLine(raw, func(int64, string, bool, []byte) bool { return true })
		}
		_ = h.eachLine(b, func(int64, string, bool, []byte) bool { return true })
		if _, _, _, err := scan(bytes.NewReader(b), int64(len(b)), true); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkGrep(b *testing.B) {
	dir := b.TempDir()
	cfg := DefaultConfig()
	cfg.MinFree = 0
	k, err := Open(dir, cfg, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	var raw int64
	for i := range 100 { // a thousand hosts' worth of blocks, one of them asked for
		for h := range 10 {
			l := lines(i*2000, 2000)
			for _, l := range l {
				raw += int64(len(l.Text))
			}
			k.Append(fmt.Sprintf("web%d", h), l)
		}
	}
	if err := k.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(raw)/float64(k.Stats().Bytes), "ratio")
	b.SetBytes(raw / 10)
	for b.Loop() {
		r, err := Grep(b.Context(), dir, Query{Host: "web3", Expr: regexp.MustCompile(`request 199999 answered in \d+ ms`)}, func(Found) error { return nil })
		if err != nil || r.Lines != 1 {
			b.Fatal(r, err)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("0001769860800000-000001.logz:12:3")
	f.Add(":::")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMark(s)
		if err != nil {
			return
		}
		if again, err := parseMark(m.String()); err != nil || again != m {
			t.Errorf("%q: %+v became %+v, %v", s, m, again, err)
		}
	})
}

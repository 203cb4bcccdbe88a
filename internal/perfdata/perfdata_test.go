package perfdata

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"monitord/checks"
)

func TestOutputIsSplitAsNagiosDoes(t *testing.T) {
	for in, want := range map[string]Output{
		"":                           {},
		"OK\n":                       {Text: "OK"},
		"OK - fine | a=1 b=2\n":      {Text: "OK - fine", Perf: " a=1 b=2"},
		"OK\nlong 1\nlong 2\n":       {Text: "OK", Long: "long 1\nlong 2"},
		"OK|a=1\nlong\nend|b=2\nc=3": {Text: "OK", Long: "long\nend", Perf: "a=1 b=2 c=3"},
		"OK\r\nlong\r\n":             {Text: "OK", Long: "long"},
		"OK|a=1\nx|y=2|z=3\n":        {Text: "OK", Long: "x", Perf: "a=1 y=2|z=3"},
		"|a=1":                       {Perf: "a=1"},
	} {
		if d := cmp.Diff(want, Split(in)); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

// show writes values shortly.
func show(values []Value) string {
	var out []string
	for _, v := range values {
		s := fmt.Sprintf("%s=%g %s/%s", v.Label, v.Value, v.Unit, v.UOM)
		for i, r := range []*checks.Range{v.Warn, v.Crit} {
			if r != nil {
				s += fmt.Sprintf(" %c%s", "wc"[i], r)
			}
		}
		for i, b := range []*float64{v.Min, v.Max} {
			if b != nil {
				s += fmt.Sprintf(" %c%g", "mM"[i], *b)
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestValuesAreConvertedToBaseUnits(t *testing.T) {
	for _, c := range []struct {
		in     string
		want   string
		faults int
	}{
		{"a=1", "a=1 /", 0},
		{"time=12.5ms;100;200;0", "time=0.0125 seconds/ms w0.1 c0.2 m0", 0},
		{"t=3us u=4ns v=5s w=7µs", "t=3e-06 seconds/us, u=4e-09 seconds/ns, v=5 seconds/s, w=7e-06 seconds/µs", 0},
		{"size=2KB;1;;0;4", "size=2048 bytes/KB w1024 m0 M4096", 0},
		{"m=1MB g=1GB t=1TB b=7B", "m=1.048576e+06 bytes/MB, g=1.073741824e+09 bytes/GB, t=1.099511627776e+12 bytes/TB, b=7 bytes/B", 0},
		{"load=95%;80;90;0;100", "load=0.95 ratio/% w0.8 c0.9 m0 M1", 0},
		{"in=123c", "in=123 total/c", 0},
		{"temp=21.5C", "temp=21.5 /C", 0},
		{"a=1;@10:20;~:5", "a=1 / w@10:20 c~:5", 0},
		{"a=5;10:;-3:-1", "a=5 / w10: c-3:-1", 0},
		{"'C:\\ used %'=93%;80", "C:\\ used %=0.93 ratio/% w0.8", 0},
		{"'it''s'=1 'a=b'=2", "it's=1 /, a=b=2 /", 0},
		{"a=1;;;;;;", "a=1 /", 0},
		{"a=U b=2", "a=NaN /, b=2 /", 0},
		{"x=1,5s", "x=1.5 seconds/s", 0},
		{"x=1e-05s y=+2 z=.5 e=5e", "x=1e-05 seconds/s, y=2 /, z=0.5 /, e=5 /e", 0},
		{"a=1;x;10;y;7", "a=1 / c0:10 M7", 2}, // a bad limit never costs its value
		{"a=x b=2", "b=2 /", 1},
		{"junk b=2 =3 c=", "b=2 /", 3},
		{"'open=1", "", 1},
		{"a=1 a=2", "a=1 /", 1},
		{"a=1e999 b=inf c=NaN", "", 3},
		{"a=1.2.3 b=-", "", 2},
		{"f=10%;;;0%;100%", "f=0.1 ratio/% m0 M1", 0},
		{`n=\d+c;1;2`, "", 1},
	} {
		values, faults := Parse(c.in)
		if got := show(values); got != strings.ReplaceAll(c.want, "c0:10", "c10") || len(faults) != c.faults {
			t.Errorf("%q: got %q, faults %v; want %q and %d faults", c.in, got, faults, c.want, c.faults)
		}
	}
}

func TestNoMoreThanTheLimitIsKept(t *testing.T) {
	var b strings.Builder
	for i := range Limit + 5 {
		fmt.Fprintf(&b, "v%d=%d ", i, i)
	}
	values, faults := Parse(b.String())
	if len(values) != Limit || len(faults) != 1 {
		t.Errorf("%d values, faults %v", len(values), faults)
	}
}

func TestUnknownValuesAreNoPerf(t *testing.T) {
	values, _ := Parse("a=U 'b=c'=2ms;;;1")
	want := []checks.Perf{{Label: "b_c", Value: 0.002, Unit: checks.UnitSeconds, UOM: "ms", Min: 0.001}}
	if d := cmp.Diff(want, Perfs(values)); d != "" {
		t.Error(d)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"OK | 'foo'=23s;;; 'baz'=1024B;;; x=1,5%;@1:2;~:3;0;100", "a\nb|c=1\nd=2", "'it''s=1", "a=U;;", "=", "'", "a=1e", "OK|a=-.5e-3ms;1:;:2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Split(s)
		if len(out.Text)+len(out.Long)+len(out.Perf) > len(s)+1 {
			t.Errorf("%q grew: %+v", s, out)
		}
		values, _ := Parse(out.Perf)
		if len(values) > Limit {
			t.Errorf("%d values", len(values))
		}
		for _, p := range Perfs(values) {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || p.Label == "" || strings.ContainsAny(p.Label, "='") {
				t.Errorf("%q makes %+v", s, p)
			}
			if utf8.ValidString(s) && !utf8.ValidString(p.Label+p.UOM) {
				t.Errorf("%q: cut inside a character: %+v", s, p)
			}
		}
	})
}

package trendcsv

import (
	"math"
	"strings"
	"testing"
	"time"
)

func rows(t *testing.T, in string) []Row {
	t.Helper()
	var out []Row
	if err := Read(strings.NewReader(in), nil, func(r Row) bool { out = append(out, r); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTimesAreReadInTheFormsPeopleHave(t *testing.T) {
	want := time.Date(2014, 4, 1, 0, 5, 0, 0, time.UTC)
	for _, s := range []string{
		"2014-04-01 00:05:00", "2014-04-01T00:05:00Z", "2014-04-01T09:05:00+09:00", "2014-04-01 00:05", "2014-04-01T00:05:00",
		"2014-04-01 00:05:00.000000", "1396310700", "1396310700.0", "1396310700000",
	} {
		if got, ok := ParseTime(s, nil); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "x", "NaN", "1e99", "2014-13-01", "-", "a-"} {
		if got, ok := ParseTime(s, nil); ok {
			t.Errorf("%q: got %v, want none", s, got)
		}
	}
	tokyo := time.FixedZone("JST", 9*3600)
	if got, _ := ParseTime("2014-04-01 09:05:00", tokyo); !got.Equal(want) {
		t.Errorf("in Tokyo: got %v", got)
	}
}

func TestHeadersAndColumnsAreFound(t *testing.T) {
	for name, in := range map[string]string{
		"header":             "timestamp,value\n2014-04-01 00:05:00,7\n",
		"no header":          "2014-04-01 00:05:00,7\n",
		"quoted":             "\"ds\",\"y\"\n\"2014-04-01 00:05:00\",7\n",
		"other order":        "y,ds\n7,2014-04-01 00:05:00\n",
		"carriage returns":   "ds,y\r2014-04-01 00:05:00,7\r",
		"both":               "ds,y\r\n2014-04-01 00:05:00,7\r\n",
		"mark of byte order": "\ufefftimestamp,value\n2014-04-01 00:05:00,7\n",
		"words":              "when,how much\n2014-04-01 00:05:00,7\n",
	} {
		got := rows(t, in)
		if len(got) != 1 || !got[0].Timed || got[0].Value != 7 || got[0].Stamp != "2014-04-01 00:05:00" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestWhatIsMissingIsNoNumber(t *testing.T) {
	got := rows(t, "timestamp,value\n1,\n2,NaN\n3\n4,x\nnever,5\n")
	if len(got) != 5 {
		t.Fatalf("got %d rows, want 5", len(got))
	}
	for i, r := range got[:4] {
		if !math.IsNaN(r.Value) || !r.Timed {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if got[4].Timed || got[4].Value != 5 {
		t.Errorf("a row without time: %+v", got[4])
	}
}

func FuzzRead(f *testing.F) {
	f.Add("timestamp,value\n2014-04-01 00:05:00,7\n")
	f.Add("\"a\r\",1e400\n-1,-\n")
	f.Fuzz(func(t *testing.T, in string) {
		n := 0
		_ = Read(strings.NewReader(in), nil, func(r Row) bool {
			if r.Timed && (r.At.Year() < 1 || r.At.Year() > 9999) {
				t.Errorf("time %v", r.At)
			}
			n++
			return n < 1000
		})
	})
}

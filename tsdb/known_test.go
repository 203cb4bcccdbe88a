package tsdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage"
)

// knownCount is how many series the store remembers.
func knownCount(db *DB) (n int) {
	for _, half := range []map[string]*knownSeries{db.gen.known.young, db.gen.known.old} {
		for _, of := range half {
			n += len(of.list)
		}
	}
	return n
}

func send(t *testing.T, h http.Handler, want int, items ...item) {
	t.Helper()
	if w := post(h, typeV1, snappy.Encode(nil, encodeV1(items...))); w.Code != want {
		t.Fatalf("%d %s, want %d", w.Code, w.Body, want)
	}
}

func TestTheSameBytesOfTwoHostsAreTwoSeries(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	for i := range 3 {
		for _, host := range []string{"web1", "db1", ""} {
			h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: host}, nil })
			v := float64(len(host)*10 + i)
			send(t, h, 204, item{[]string{"__name__", "m", "a", "1"}, at.Add(time.Duration(i-3) * time.Second), v})
		}
	}
	for expr, want := range map[string]float64{`m{host="web1"}`: 42, `m{host="db1"}`: 32, `m{host=""}`: 2, "sum(count_over_time(m[1m]))": 9} {
		if v, _ := value(t, db, expr, at); v != want {
			t.Errorf("%s is %v, want %v", expr, v, want)
		}
	}
	if n := knownCount(db); n != 3 {
		t.Errorf("%d series known, want 3", n)
	}
}

func TestAnotherOrderAndNewSeriesBetweenKnownOnes(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(nil)
	one := func(i, round int) item {
		return item{[]string{"__name__", "m", "i", fmt.Sprint(i)}, at.Add(time.Duration(round-10) * time.Second), float64(i*100 + round)}
	}
	send(t, h, 204, one(0, 0), one(1, 0), one(2, 0))
	send(t, h, 204, one(2, 1), one(3, 1), one(0, 1), one(1, 1), one(1, 2))
	send(t, h, 204, one(0, 3), one(1, 3), one(2, 3), one(3, 3))
	for i := range 4 {
		if v, _ := value(t, db, fmt.Sprintf(`m{i="%d"}`, i), at); v != float64(i*100+3) {
			t.Errorf("series %d is %v", i, v)
		}
	}
	if v, _ := value(t, db, "sum(count_over_time(m[1m]))", at); v != 12 {
		t.Errorf("%v samples, want 12", v)
	}
}

// The library drops a series from the head that has no samples there any more.
func TestAKnownSeriesThatTheHeadDroppedIsMadeAgain(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: "web1"}, nil })
	labels := []string{"__name__", "m", "a", "1"}
	send(t, h, 204, item{labels, at.Add(-2 * time.Hour), 1})
	head := db.gen.db.Head()
	if err := head.Truncate(at.Add(-time.Hour).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if n := head.NumSeries(); n != 0 {
		t.Fatalf("%d series in the head, want none", n)
	}
	before := db.gen.known.young["web1"].list[0].ref
	for i := range 2 {
		send(t, h, 204, item{labels, at.Add(time.Duration(i-2) * time.Second), float64(i + 2)})
	}
	if v, _ := value(t, db, `m{host="web1",a="1"}`, at); v != 3 {
		t.Errorf("value %v, want 3", v)
	}
	if after := db.gen.known.young["web1"].list[0].ref; after == before || head.NumSeries() != 1 {
		t.Errorf("reference %d after %d, %d series", after, before, head.NumSeries())
	}
}

func TestAKnownSeriesIsRefusedAsANewOneIs(t *testing.T) {
	at := now()
	opts := testOptions(t.TempDir())
	var clock string
	opts.OnClock = func(host string, _ time.Duration) { clock = host }
	db := openTest(t, opts)
	h := db.WriteHandler(nil)
	name := []string{"__name__", "m", "host", "db1"}
	send(t, h, 204, item{name, at, 1})
	var req prompb.WriteRequest
	if err := req.Unmarshal(encodeV1(item{name, at, 1})); err != nil {
		t.Fatal(err)
	}
	ms := at.UnixMilli()
	req.Timeseries[0].Samples = []prompb.Sample{
		{Timestamp: ms - 2000, Value: 8}, {Timestamp: ms, Value: 2}, {Timestamp: at.Add(-26 * time.Hour).UnixMilli()},
		{Timestamp: at.Add(time.Hour).UnixMilli()}, {Timestamp: ms + 1000, Value: 9}}
	msg, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	in := intake{db: db}
	if in.batch, err = db.begin(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	if err := in.stream1(msg); err != nil {
		t.Fatal(err)
	}
	err = in.batch.commit()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok || refused.Counts[ReasonDuplicate] != 1 || refused.Counts[ReasonTooOld] != 1 || refused.Counts[ReasonAhead] != 1 || clock != "db1" {
		t.Fatalf("%v, clock of %q", err, clock)
	}
	if v, _ := value(t, db, "sum_over_time(m[1m])", at.Add(time.Second)); v != 8+1+9 {
		t.Errorf("sum %v, want 18", v)
	}
}

func TestWhatWasNotCommittedIsNotKnown(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: "web1"}, nil })
	send(t, h, 403, item{[]string{"__name__", "m"}, at, 1}, item{[]string{"__name__", "m", "host", "db1"}, at, 1})
	send(t, h, 400, item{[]string{"a", "no name"}, at, 1})
	if n := knownCount(db); n != 0 {
		t.Errorf("%d series known, want none", n)
	}
}

func TestWhatIsKnownIsBoundedAndForgotten(t *testing.T) {
	var k known
	at := now()
	zeros := strings.Repeat("0", 992)
	word := func(i int) string { return zeros + fmt.Sprintf("%08d", i) }
	for i := range 3 * maxKnownBytes / (1000 + knownOverhead) {
		k.learn("web1", []learned{{word(i), storage.SeriesRef(i + 1)}}, at)
	}
	if n := len(k.young["web1"].list) + len(k.old["web1"].list); n > 2*maxKnownBytes/(1000+knownOverhead)+2 {
		t.Errorf("%d entries", n)
	}
	k.learn("web1", []learned{{"kept", 7}, {"gone", 8}}, at)
	k.learn("web1", []learned{{"kept", 7}}, at.Add(knownFor+time.Second)) // as one found in the old half
	k.learn("web1", []learned{{"other", 9}}, at.Add(2*knownFor+2*time.Second))
	f := k.finder("web1")
	if ref, again, ok := f.find([]byte("kept")); ref != 7 || !again || !ok {
		t.Errorf("kept: %v %v %v", ref, again, ok)
	}
	if _, _, ok := f.find([]byte("gone")); ok {
		t.Error("a series that nobody sends is still known")
	}
	f = k.finder("db1")
	if _, _, ok := f.find([]byte("kept")); ok {
		t.Error("known for another host")
	}
}

// What is read without the library's decoder means what the decoder reads.
func FuzzUsualSeriesAgreesWithDecoder(f *testing.F) {
	for _, v := range []float64{0, 1.5, math.NaN()} {
		msg := encodeV1(item{[]string{"__name__", "m", "a", "1"}, now(), v}, item{[]string{"b", ""}, time.UnixMilli(-1), v})
		for len(msg) > 0 {
			_, n := binary.Uvarint(msg)
			b, rest, _ := next(2, msg[n:])
			f.Add(b)
			msg = rest
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		s := scanner{version: 1, left: maxExpanded}
		key, samples, ok := s.usual(msg, nil)
		if !ok {
			return
		}
		var whole, head prompb.TimeSeries
		err, keyErr := whole.Unmarshal(msg), head.Unmarshal(key)
		if (err == nil) != (keyErr == nil) {
			t.Fatalf("whole %v, labels %v", err, keyErr)
		}
		if err != nil {
			return
		}
		same := slices.EqualFunc(samples, whole.Samples, func(a, b prompb.Sample) bool {
			return a.Timestamp == b.Timestamp && math.Float64bits(a.Value) == math.Float64bits(b.Value)
		})
		var b labels.ScratchBuilder
		if !same || len(whole.Histograms)+len(whole.Exemplars) > 0 || !labels.Equal(whole.ToLabels(&b, nil), head.ToLabels(&b, nil)) {
			t.Fatalf("%v, decoder %v", samples, whole)
		}
		cost := scanner{version: 1, left: maxExpanded}
		if err := cost.add(msg); err != nil || cost.left != s.left {
			t.Fatalf("costs %d, by the scan %d (%v)", maxExpanded-s.left, maxExpanded-cost.left, err)
		}
	})
}

func TestSamplesOfKnownSeriesAreFoundAfterAPowerCut(t *testing.T) {
	at, dir, cut := now(), t.TempDir(), t.TempDir()
	db := openTest(t, testOptions(dir))
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: "web1"}, nil })
	labels := []string{"__name__", "m", "a", "1"}
	for i := range 5 {
		send(t, h, 204, item{labels, at.Add(time.Duration(i-5) * time.Second), float64(i)})
	}
	send(t, h, 204, item{labels, at.Add(-time.Hour), 100}) // late: the other log
	copyTree(t, dir, cut)
	after := openTest(t, testOptions(cut))
	if v, _ := value(t, after, `sum(sum_over_time(m{host="web1"}[2h]))`, at); v != 110 {
		t.Errorf("sum %v, want 110", v)
	}
	if n := knownCount(after); n != 0 {
		t.Errorf("%d series known after a start", n)
	}
}

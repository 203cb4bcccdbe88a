package agent

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/prometheus/prompb"
)

// prompb is the reading of the same format by its owners.
func decode(t *testing.T, b []byte) prompb.WriteRequest {
	t.Helper()
	var req prompb.WriteRequest
	if err := req.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	return req
}

func TestTheRequestReadsBackThroughPrompb(t *testing.T) {
	e := &encoder{host: "web1", job: jobOwn}
	e.start(time.UnixMilli(1_700_000_000_123))
	e.Add("a", 1)
	e.Add("b", math.Inf(-1), "cpu", "0", "host", "evil", "mode", "idle", "zone", "")
	e.Add("c", 0.5, "A", "before", "ja", "東京", "zz", string(make([]byte, 300)))
	req := decode(t, append(append([]byte(nil), e.body...), e.body...))
	if len(req.Timeseries) != 6 {
		t.Fatalf("%d series of two joined requests of 3", len(req.Timeseries))
	}
	want := []string{
		`__name__=a host=web1 instance=web1 job=node `,
		`__name__=b cpu=0 host=web1 instance=web1 job=node mode=idle `,
		`A=before __name__=c host=web1 instance=web1 ja=東京 job=node zz=` + string(make([]byte, 300)) + ` `,
	}
	for i, w := range want {
		got := ""
		for _, l := range req.Timeseries[i].Labels {
			got += l.Name + "=" + l.Value + " "
		}
		if got != w {
			t.Errorf("series %d: %q, want %q", i, got, w)
		}
		if s := req.Timeseries[i].Samples; len(s) != 1 || s[0].Timestamp != 1_700_000_000_123 {
			t.Errorf("samples %v", s)
		}
	}
	if v := req.Timeseries[1].Samples[0].Value; !math.IsInf(v, -1) {
		t.Errorf("value %v", v)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("node_load1", "cpu", "0", 1.5, int64(1))
	f.Fuzz(func(t *testing.T, name, label, value string, v float64, at int64) {
		e := &encoder{host: "web1", job: jobOwn}
		e.start(time.UnixMilli(at))
		e.Add(name, v, label, value)
		req := decode(t, e.body)
		s := req.Timeseries[0].Samples[0]
		if len(req.Timeseries) != 1 || s.Timestamp != time.UnixMilli(at).UnixMilli() || math.Float64bits(s.Value) != math.Float64bits(v) {
			t.Errorf("%v", req)
		}
	})
}

func TestTheGridIsTheSameAfterEveryRestart(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 10 * time.Second, time.Minute} {
		for _, host := range []string{"web1", "db1", "東京"} {
			first := nextTick(time.Unix(1000, 7), interval, phaseOf(host))
			for d := time.Duration(0); d < 3*interval; d += interval/7 + 1 {
				now := time.Unix(1000, 7).Add(d)
				next := nextTick(now, interval, phaseOf(host))
				if !next.After(now) || next.Sub(now) > interval || next.Sub(first)%interval != 0 {
					t.Fatalf("%s every %s: after %s comes %s", host, interval, now, next)
				}
			}
		}
	}
}

func TestPausesDoubleUpToTheirLimitAndHeedRetryAfter(t *testing.T) {
	for n := 1; n < 100; n++ {
		d := backoff(n)
		if d > maxPause || d < firstPause/2 || (n > 10 && d < maxPause/2) {
			t.Errorf("after %d failures %s", n, d)
		}
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "99999999": maxRetryAfter,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "nonsense": 0, "Fri, 02 Jan 1970 03:04:35 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q: %s, want %s", v, got, want)
		}
	}
}

// BenchmarkCollection is encoding and compressing 300 series.
func BenchmarkCollection(b *testing.B) {
	e := &encoder{host: "web1.example.net", job: jobOwn}
	b.ReportAllocs()
	for b.Loop() {
		e.start(time.UnixMilli(1_700_000_000_123))
		for i := range 300 {
			e.Add("node_cpu_seconds_total", float64(i), "cpu", "12", "mode", "idle")
		}
	}
	b.ReportMetric(float64(len(e.body)), "bytes/request")
}

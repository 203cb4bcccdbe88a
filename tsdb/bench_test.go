package tsdb

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
)

// BenchmarkRemoteWrite measures the CPU of the whole process (handler, store,
// sync, background work) for a million samples of known series, in requests of
// 2,000 samples as Prometheus sends them. Encoding is done before the clock starts.
//
//	go test -run='^$' -bench=RemoteWrite -benchtime=1000000x ./tsdb
func BenchmarkRemoteWrite(b *testing.B) {
	for _, series := range []int{10_000, 100_000} {
		for _, kind := range []string{"probe", "open"} {
			b.Run(fmt.Sprintf("series=%d/gate=%s", series, kind), func(b *testing.B) {
				benchWrite(b, series, kind == "probe")
			})
		}
	}
}

func benchWrite(b *testing.B, series int, gated bool) {
	opts := testOptions(b.TempDir())
	opts.BallastBytes = 64 << 20
	db := openTest(b, opts)
	host := ""
	if gated {
		host = "web1"
	}
	h := db.WriteHandler(func(*http.Request) (Sender, error) { return Sender{Host: host}, nil })
	end := now()
	rounds := max(b.N/series, 1)
	// Bodies are made first: the garbage of making them would be counted.
	var bodies [][]byte
	for round := range rounds + 1 { // one more, which makes the series
		for from := 0; from < series; from += 2000 {
			bodies = append(bodies, benchBody(from, min(2000, series-from), end.Add(time.Duration(round-rounds)*10*time.Second)))
		}
	}
	runtime.GC()
	var before time.Duration
	for i, body := range bodies {
		if i == len(bodies)/(rounds+1) {
			before = cpu()
		}
		if w := post(h, typeV1, body); w.Code != 204 {
			b.Fatal(w.Code, w.Body)
		}
	}
	spent := cpu() - before
	b.ReportMetric(spent.Seconds()*1e6/float64(rounds*series), "cpu-s/million")
	b.ReportMetric(0, "ns/op")
}

func benchBody(from, n int, at time.Time) []byte {
	var req prompb.WriteRequest
	for i := from; i < from+n; i++ {
		req.Timeseries = append(req.Timeseries, prompb.TimeSeries{
			Labels: []prompb.Label{
				{Name: "__name__", Value: fmt.Sprintf("node_metric_%d", i%200)}, {Name: "device", Value: fmt.Sprintf("sd%d", i%7)},
				{Name: "instance", Value: fmt.Sprintf("web%d", i/200)}, {Name: "job", Value: "node"},
			},
			Samples: []prompb.Sample{{Timestamp: at.UnixMilli(), Value: float64(i%1000) + float64(at.Unix()%100)/100}},
		})
	}
	b, err := req.Marshal()
	if err != nil {
		panic(err)
	}
	return snappy.Encode(bytes.NewBuffer(nil).Bytes(), b)
}

// cpu is the time that this process has used, user and system.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

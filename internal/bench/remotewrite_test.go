package bench

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
)

const (
	million     = 1_000_000
	connections = 5
	perRequest  = 2000 // samples, as Prometheus sends them
	spacing     = 15 * time.Second
)

// BenchmarkRemoteWriteHTTP sends a million samples of known series, gauges of two
// decimals, by HTTP over five connections. The first samples of all series, which
// make them, come before the measurement.
func BenchmarkRemoteWriteHTTP(b *testing.B) {
	for _, series := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("series=%d/monitord", series), func(b *testing.B) {
			s := startMonitord(b)
			benchHTTP(b, series, s.program, s.url, s.token, filepath.Join(s.data, "tsdb"))
		})
		b.Run(fmt.Sprintf("series=%d/prometheus", series), func(b *testing.B) {
			p, url, data := startPrometheus(b)
			benchHTTP(b, series, p, url, "", data)
		})
	}
}

type monitord struct {
	*program
	bin, url, token, data string
}

func startMonitord(b *testing.B) monitord {
	s := monitord{bin: ours(b, "monitord"), token: "secret-of-the-benchmark", data: filepath.Join(b.TempDir(), "data")}
	dir, addr := b.TempDir(), freeAddr(b)
	tokens := writeFile(b, dir, "tokens", fmt.Sprintf("bench %x\n", sha256.Sum256([]byte(s.token))))
	config := writeFile(b, dir, "monitord.yaml", fmt.Sprintf("listen: %s\nprobes: {listen: %s}\ntokens_file: %s\n", addr, freeAddr(b), tokens))
	s.program, s.url = start(b, s.bin, "run", "--data", s.data, "--config", config), "http://"+addr
	s.ready(b, s.url+"/readyz")
	return s
}

func startPrometheus(b *testing.B) (p *program, url, data string) {
	dir, addr := b.TempDir(), freeAddr(b)
	config := writeFile(b, dir, "prometheus.yml", "global: {}\n")
	data = filepath.Join(dir, "data")
	p = start(b, peer(b, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+data,
		"--web.listen-address="+addr, "--web.enable-remote-write-receiver", "--log.level=error")
	p.ready(b, "http://"+addr+"/-/ready")
	return p, "http://" + addr, data
}

func benchHTTP(b *testing.B, series int, p *program, url, token, data string) {
	steps := million / series
	first, rest := makeBodies(series, steps, time.Now().Add(-time.Duration(steps+1)*spacing))
	c := sender{url: url + "/api/v1/write", token: token}
	c.send(b, first)
	before, began := p.cpu(b), time.Now()
	empty := used(b, data)
	c.send(b, rest)
	wall := time.Since(began)
	b.ReportMetric((p.cpu(b) - before).Seconds(), "cpu-s/million")
	b.ReportMetric(wall.Seconds(), "s/million")
	b.ReportMetric(float64(used(b, data)-empty)/million, "log-B/sample")
	b.ReportMetric(p.rss(b), "RSS-MB")
	b.ReportMetric(0, "ns/op")
}

// makeBodies returns for each connection the requests with the first sample of
// its series, and the others. All programs get the same values.
func makeBodies(series, steps int, from time.Time) (first, rest [connections][][]byte) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, series)
	names := make([][]prompb.Label, series)
	for i := range values {
		values[i] = 50 + float64(random.IntN(50))
		names[i] = []prompb.Label{
			{Name: "__name__", Value: "bench_metric_" + strconv.Itoa(i%50)}, {Name: "host", Value: "host" + strconv.Itoa(i/50)},
			{Name: "instance", Value: "10.0.0.1:9100"}, {Name: "job", Value: "node"}, {Name: "mode", Value: "user"},
		}
	}
	for step := range steps + 1 {
		at := from.Add(time.Duration(step) * spacing).UnixMilli()
		for i := 0; i < series; i += perRequest {
			var req prompb.WriteRequest
			for j := i; j < min(i+perRequest, series); j++ {
				values[j] = math.Round(values[j]*100+float64(random.IntN(201)-100)) / 100
				req.Timeseries = append(req.Timeseries, prompb.TimeSeries{Labels: names[j], Samples: []prompb.Sample{{Timestamp: at, Value: values[j]}}})
			}
			msg, err := req.Marshal()
			if err != nil {
				panic(err)
			}
			to := i / perRequest % connections
			if body := snappy.Encode(nil, msg); step == 0 {
				first[to] = append(first[to], body)
			} else {
				rest[to] = append(rest[to], body)
			}
		}
	}
	return first, rest
}

type sender struct{ url, token string }

// send sends all bodies, each connection its own in their order.
func (c sender) send(b *testing.B, bodies [connections][][]byte) {
	b.Helper()
	var wg sync.WaitGroup
	for _, list := range bodies {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for _, body := range list {
				if err := c.post(client, body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

func (c sender) post(client *http.Client, body []byte) error {
	r, err := http.NewRequest(http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("%s: %s", resp.Status, text)
	}
	return err
}

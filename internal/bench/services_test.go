package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	manyHosts     = 5000
	checksPerHost = 10
	flips         = 40 // changes of state whose way to the journal is timed
)

// BenchmarkManyServices runs the server with 50,000 TCP checks a minute against
// listeners of ours on 127.0.0.0/8: one in a hundred is refused, one in a
// hundred is not answered until its time-out. What is reported is of the time
// after the first minute: three of them, or $MINUTES.
func BenchmarkManyServices(b *testing.B) {
	length := 3 * time.Minute
	if n, err := strconv.Atoi(os.Getenv("MINUTES")); err == nil {
		length = time.Duration(n) * time.Minute
	}
	word := newPatient(b)
	s, began := startMany(b, word.port)
	b.Logf("data: %s", s.data)
	b.ReportMetric(time.Since(began).Seconds(), "start-s")
	time.Sleep(time.Minute - time.Since(began)) // the first runs of all, in its first seconds
	first := s.figures(b)
	syncs := bareSyncs(b)
	waits := word.flip(b, s.url, length-time.Minute)
	bare := syncs()
	before := s.figures(b)
	cpu, at := s.cpu(b), time.Now()
	time.Sleep(time.Minute) // what is measured
	last, minutes := s.figures(b), time.Since(at).Minutes()
	b.ReportMetric((s.cpu(b)-cpu).Seconds()/minutes, "cpu-s/min")
	b.ReportMetric(s.rss(b), "RSS-MB")
	for _, q := range []float64{0.5, 0.99} {
		name := fmt.Sprintf("p%.0f", q*100)
		b.ReportMetric(last.quantile(before, "monitord_check_latency_seconds", q)*1e3, "late-"+name+"-ms")
		b.ReportMetric(last.quantile(first, "monitord_journal_commit_seconds", q)*1e3, "commit-"+name+"-ms")
	}
	for unit, name := range map[string]string{
		"checks/s": "monitord_check_runs_total", "samples/s": "prometheus_tsdb_head_samples_appended_total",
		"skipped/s": "monitord_check_skipped_total",
	} {
		b.ReportMetric((last.sum(name)-before.sum(name))/minutes/60, unit)
	}
	for unit, path := range map[string]string{"page-ms": "/", "wall-ms": "/wall", "hosts-ms": "/api/monitord/hosts"} {
		b.ReportMetric(s.asks(b, path).Seconds()*1e3, unit)
	}
	for name, spans := range map[string][]time.Duration{"journaled": waits, "bare-sync": bare} {
		slices.Sort(spans)
		for q, unit := range map[int]string{50: "p50", 90: "p90", 100: "max"} {
			b.ReportMetric(spans[(len(spans)-1)*q/100].Seconds()*1e3, name+"-"+unit+"-ms")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// startMany starts a server with all those checks, and one a second of the
// patient.
func startMany(b *testing.B, patient int) (monitord, time.Time) {
	good, silent := serveTCP(b, func(net.Conn) {}), serveTCP(b, hold)
	_, refused, _ := net.SplitHostPort(freeAddr(b))
	var yaml strings.Builder
	addr := freeAddr(b)
	fmt.Fprintf(&yaml, "listen: %s\nprobes: {listen: %q}\ntemplates:\n", addr, freeAddr(b))
	const check = "{type: tcp, port: %v, interval: 60s, retry_interval: 10s, timeout: 5s%s}"
	for _, t := range []struct {
		name  string
		first string
	}{
		{"good", fmt.Sprintf(check, good, "")},
		{"refused", fmt.Sprintf(check, refused, "")},
		{"silent", fmt.Sprintf(check, silent, ", expect: hello")},
	} {
		fmt.Fprintf(&yaml, "  %s:\n    checks:\n      c0: %s\n", t.name, t.first)
		for i := 1; i < checksPerHost; i++ {
			fmt.Fprintf(&yaml, "      c%d: "+check+"\n", i, good, "")
		}
	}
	fmt.Fprintf(&yaml, `hosts:
  patient:
    address: 127.0.0.1
    alive: none
    checks: {word: {type: tcp, port: %d, expect: well, interval: 1s, retry_interval: 1s, timeout: 900ms}}
`, patient)
	for i := range manyHosts {
		template := "good"
		switch i % 10 {
		case 0:
			template = "refused"
		case 5:
			template = "silent"
		}
		fmt.Fprintf(&yaml, "  h%04d: {address: 127.1.%d.%d, alive: none, templates: [%s]}\n", i, i/250, 1+i%250, template)
	}
	s := monitord{bin: ours(b, "monitord"), data: filepath.Join(b.TempDir(), "data"), url: "http://" + addr}
	config := writeFile(b, b.TempDir(), "monitord.yaml", yaml.String())
	began := time.Now()
	s.program = start(b, s.bin, "run", "--data", s.data, "--config", config)
	s.ready(b, s.url+"/readyz")
	return s, began
}

// serveTCP answers on every address of the loopback network until the benchmark
// ends.
func serveTCP(b *testing.B, answer func(net.Conn)) (port int) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answer(c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// hold says nothing until the other side goes.
func hold(c net.Conn) { io.Copy(io.Discard, c) }

// patient is a server that says how it is; told is when it first said so after
// a change.
type patient struct {
	port int
	ill  atomic.Bool
	said chan time.Time
}

func newPatient(b *testing.B) *patient {
	p := &patient{said: make(chan time.Time, 1)}
	var last bool // only the goroutine of one connection a second
	p.port = serveTCP(b, func(c net.Conn) {
		ill := p.ill.Load()
		now := time.Now()
		if ill {
			fmt.Fprintln(c, "poorly")
		} else {
			fmt.Fprintln(c, "well")
		}
		if ill != last {
			last = ill
			p.said <- now
		}
	})
	return p
}

// flip changes how the patient is, and times from the moment at which it says
// so to a check until the journal answers with the change.
func (p *patient) flip(b *testing.B, url string, within time.Duration) (waits []time.Duration) {
	ctx, cancel := context.WithTimeout(b.Context(), within)
	defer cancel()
	newest := newestEvent(b, url)
	for range flips {
		p.ill.Store(!p.ill.Load())
		var said time.Time
		select {
		case said = <-p.said:
		case <-ctx.Done():
			if len(waits) < flips/2 {
				b.Fatalf("only %d changes within %v", len(waits), within)
			}
			return waits
		}
		for newestEvent(b, url) == newest {
			if time.Since(said) > time.Minute {
				b.Fatalf("the journal does not have change %d after a minute", len(waits)+1)
			}
			time.Sleep(2 * time.Millisecond) // another process: there is nothing to wait on
		}
		waits = append(waits, time.Since(said))
		newest = newestEvent(b, url)
	}
	<-ctx.Done()
	return waits
}

// bareSyncs times a write of 4 KiB with its sync ten times a second beside the
// server, until the function that it returns is called: what the disk does to
// anybody, now.
func bareSyncs(b *testing.B) (stop func() []time.Duration) {
	file, err := os.Create(filepath.Join(b.TempDir(), "sync"))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan []time.Duration)
	go func() {
		defer file.Close()
		var spans []time.Duration
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for block := make([]byte, 4096); ; {
			began := time.Now()
			_, err1 := file.Write(block)
			if err := errors.Join(err1, file.Sync()); err != nil {
				b.Error(err)
			}
			spans = append(spans, time.Since(began))
			select {
			case <-ctx.Done():
				done <- spans
				return
			case <-tick.C:
			}
		}
	}()
	return func() []time.Duration { cancel(); return <-done }
}

// newestEvent is the number of the newest event of the patient.
func newestEvent(b *testing.B, url string) int64 {
	resp, err := http.Get(url + "/api/monitord/events?host=patient&limit=1")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Events []struct{ ID int64 } }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Events) != 1 {
		b.Fatalf("events of the patient: %v, %+v", err, answer)
	}
	return answer.Events[0].ID
}

// figures is what /metrics says, by name with labels.
type figures map[string]float64

func (s monitord) figures(b *testing.B) figures {
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	f := figures{}
	for line := range strings.Lines(string(raw)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok {
			name += "}"
		} else {
			name, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			f[name] = v
		}
	}
	return f
}

// asks is how long the server takes for a path, the shortest of three times.
func (s monitord) asks(b *testing.B, path string) time.Duration {
	shortest := time.Hour
	for range 3 {
		began := time.Now()
		resp, err := http.Get(s.url + path)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		shortest = min(shortest, time.Since(began))
	}
	return shortest
}

// sum adds up all series of a name.
func (f figures) sum(name string) (total float64) {
	for series, v := range f {
		if base, _, _ := strings.Cut(series, "{"); base == name {
			total += v
		}
	}
	return total
}

// quantile is the bound of the histogram below which that share of what was
// counted since before lies.
func (f figures) quantile(before figures, name string, share float64) float64 {
	type bucket struct{ bound, count float64 }
	var all []bucket
	for series, v := range f {
		if le, ok := strings.CutPrefix(series, name+`_bucket{le="`); ok {
			bound, err := strconv.ParseFloat(strings.TrimSuffix(le, `"}`), 64)
			if err == nil {
				all = append(all, bucket{bound, v - before[series]})
			}
		}
	}
	slices.SortFunc(all, func(a, b bucket) int { return int(max(-1, min(1, (a.bound-b.bound)*1e9))) })
	for _, one := range all {
		if one.count >= share*all[len(all)-1].count {
			return one.bound
		}
	}
	return -1
}

package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/checks"
	"monitord/checks/interfaces"
	"monitord/checks/schedule"
	"monitord/collectors/snmp"
	"monitord/internal/config"
	"monitord/internal/testnginx"
)

const (
	fewAgents  = 50
	agentRows  = 50
	agentWalks = 20 // of each agent, in one measurement
	manyAgents = 1000
	ifColumns  = 22 + 19 // of ifTable and ifXTable
)

// BenchmarkSNMP reads 50 canned agents at once: by a bare walk of ours and of
// gosnmp, by checks of interfaces, and by prometheus-snmp-exporter. us/varbind is
// processor time, user and system, of the asking process alone.
func BenchmarkSNMP(b *testing.B) {
	_, port := startAgents(b, fewAgents, agentRows)
	b.Run("walk/monitord", func(b *testing.B) {
		perVarbind(b, func(i int) uint64 { return walkOurs(b, i, port) })
	})
	b.Run("walk/gosnmp", func(b *testing.B) {
		perVarbind(b, func(i int) uint64 { return walkGoSNMP(b, i, port) })
	})
	b.Run("poll/monitord", func(b *testing.B) {
		perVarbind(b, func(i int) uint64 { return pollOurs(b, i, port) })
	})
	b.Run("poll/exporter", func(b *testing.B) { scrapeExporter(b, port) })
}

// perVarbind runs work for all agents at once.
func perVarbind(b *testing.B, work func(agent int) (varbinds uint64)) {
	var total atomic.Uint64
	var spent time.Duration
	for b.Loop() {
		before := testnginx.CPUSelf(b)
		var all sync.WaitGroup
		for i := range fewAgents {
			all.Go(func() { total.Add(work(i)) })
		}
		all.Wait()
		spent += testnginx.CPUSelf(b) - before
	}
	b.ReportMetric(float64(spent.Nanoseconds())/1e3/float64(total.Load()), "us/varbind")
	b.ReportMetric(0, "ns/op")
}

func walkOurs(b *testing.B, i, port int) uint64 {
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Credentials.Community, d.Timeout = agentAddress(i), port, "public", 5*time.Second
	s, err := snmp.Open(b.Context(), d)
	if err != nil {
		b.Error(err)
		return 0
	}
	defer s.Close()
	for range agentWalks {
		for _, root := range []string{".1.3.6.1.2.1.2.2", ".1.3.6.1.2.1.31.1.1"} {
			if err := s.Walk(b.Context(), snmp.MustOID(root), func(snmp.Varbind) error { return nil }); err != nil {
				b.Error(err)
			}
		}
	}
	return s.Stats().Varbinds
}

func walkGoSNMP(b *testing.B, i, port int) (n uint64) {
	g := &gosnmp.GoSNMP{Target: agentAddress(i), Port: uint16(port), Community: "public", Version: gosnmp.Version2c, Timeout: 5 * time.Second, Retries: 2, MaxRepetitions: 50}
	if err := g.Connect(); err != nil {
		b.Error(err)
		return 0
	}
	defer g.Conn.Close()
	for range agentWalks {
		for _, root := range []string{".1.3.6.1.2.1.2.2", ".1.3.6.1.2.1.31.1.1"} {
			if err := g.BulkWalk(root, func(gosnmp.SnmpPDU) error { n++; return nil }); err != nil {
				b.Error(err)
			}
		}
	}
	return n
}

// counting counts samples and keeps none.
type counting struct{ samples atomic.Int64 }

// Add counts.
func (c *counting) Add(string, float64, ...string) { c.samples.Add(1) }

// polledVarbinds is what one poll of the interfaces of one of our agents asks for
// when its rows are known: names, and columns that 64-bit counters leave.
const polledVarbinds = agentRows * 12

// newInterfaces is a check of a port's interfaces, for the community of a file.
func newInterfaces(b *testing.B, port int, community string) checks.Check {
	c := interfaces.DefaultConfig()
	c.Port, c.TryFor, c.Community = port, 5*time.Second, config.Secret{File: community}
	if err := c.Validate(); err != nil {
		b.Fatal(err)
	}
	check, err := interfaces.New(c, checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	return check
}

// pollOurs polls one agent's interfaces, its rows found first.
func pollOurs(b *testing.B, i, port int) uint64 {
	check, sink := newInterfaces(b, port, communityFile(b)), new(counting)
	for range agentWalks + 1 {
		got, err := check.Run(b.Context(), checks.Target{Host: "sw", Address: agentAddress(i), Series: sink})
		if err != nil || len(got) != agentRows+1 {
			b.Errorf("%d results, %v", len(got), err)
		}
	}
	// Finding them first walks six columns. sysUpTime, once a request, is not counted.
	return (agentWalks+1)*polledVarbinds + 6*agentRows
}

func communityFile(b *testing.B) string { return writeFile(b, b.TempDir(), "community", "public\n") }

// scrapeExporter scrapes all agents by snmp_exporter, which walks both tables whole
// and answers with the series that ours takes.
func scrapeExporter(b *testing.B, port int) {
	path := peer(b, "prometheus-snmp-exporter")
	addr := freeAddr(b)
	p := start(b, path, "--config.file", exporterConfig(b), "--web.listen-address", addr, "--log.level", "error")
	p.ready(b, "http://"+addr+"/")
	scrape := func(i int) {
		resp, err := http.Get(fmt.Sprintf("http://%s/snmp?module=if_mib&target=%s:%d", addr, agentAddress(i), port))
		if err != nil {
			b.Error(err)
			return
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || strings.Count(string(body), "\nifHCInOctets{") != agentRows {
			b.Errorf("%s: %v: %.300s", resp.Status, err, body)
		}
	}
	var spent time.Duration
	scrapes := 0
	for b.Loop() {
		before := p.cpu(b)
		var all sync.WaitGroup
		for i := range fewAgents {
			all.Go(func() { scrape(i) })
		}
		all.Wait()
		spent, scrapes = spent+p.cpu(b)-before, scrapes+fewAgents
	}
	b.ReportMetric(float64(spent.Nanoseconds())/1e3/float64(scrapes*agentRows*ifColumns), "us/varbind")
	b.ReportMetric(float64(spent.Nanoseconds())/1e6/float64(scrapes), "ms/agent")
	b.ReportMetric(p.rss(b), "RSS-MB")
	b.ReportMetric(0, "ns/op")
}

// exporterConfig is a module for what our check of interfaces reads.
func exporterConfig(b *testing.B) string {
	var s strings.Builder
	s.WriteString("if_mib:\n  walk: [1.3.6.1.2.1.2.2, 1.3.6.1.2.1.31.1.1]\n  get: [1.3.6.1.2.1.1.3.0]\n  version: 2\n  max_repetitions: 50\n  auth: {community: public}\n  metrics:\n")
	for _, m := range []struct{ name, oid, kind string }{
		{"ifAdminStatus", "2.2.1.7", "gauge"}, {"ifOperStatus", "2.2.1.8", "gauge"}, {"ifInErrors", "2.2.1.14", "counter"},
		{"ifOutErrors", "2.2.1.20", "counter"}, {"ifInDiscards", "2.2.1.13", "counter"}, {"ifOutDiscards", "2.2.1.19", "counter"},
		{"ifHCInOctets", "31.1.1.1.6", "counter"}, {"ifHCOutOctets", "31.1.1.1.10", "counter"}, {"ifHCInUcastPkts", "31.1.1.1.7", "counter"},
		{"ifHCOutUcastPkts", "31.1.1.1.11", "counter"}, {"ifHighSpeed", "31.1.1.1.15", "gauge"},
	} {
		fmt.Fprintf(&s, "    - name: %s\n      oid: 1.3.6.1.2.1.%s\n      type: %s\n      help: of an interface\n      indexes: [{labelname: ifIndex, type: gauge}]\n      lookups:\n", m.name, m.oid, m.kind)
		for label, oid := range map[string]string{"ifAlias": "31.1.1.1.18", "ifDescr": "2.2.1.2", "ifName": "31.1.1.1.1"} {
			fmt.Fprintf(&s, "        - {labels: [ifIndex], labelname: %s, oid: 1.3.6.1.2.1.%s, type: DisplayString}\n", label, oid)
		}
	}
	return writeFile(b, b.TempDir(), "snmp.yml", s.String())
}

// BenchmarkSNMPThousand polls 1,000 agents of 50 interfaces by the scheduler, in
// this process, every minute, with a sink that counts: how much of a minute the
// processors need, how late polls begin, and what memory it takes. MINUTES as for
// ManyServices.
func BenchmarkSNMPThousand(b *testing.B) {
	_, port := startAgents(b, manyAgents, agentRows)
	file, sink := communityFile(b), new(counting)
	var runs, bad atomic.Int64
	s := schedule.New(schedule.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Sink: func(_ context.Context, r schedule.Run) bool {
			if runs.Add(1); len(r.Results) != agentRows+1 {
				bad.Add(1)
			}
			return false
		},
		Series: func(schedule.Job, time.Time) (checks.Series, func(context.Context)) {
			return sink, func(context.Context) {}
		},
	})
	var jobs []schedule.Job
	for i := range manyAgents {
		host := fmt.Sprint("sw", i)
		jobs = append(jobs, schedule.Job{Host: host, Name: "interfaces", Type: "interfaces", Interval: time.Minute, Timeout: 30 * time.Second,
			Target: checks.Target{Host: host, Address: agentAddress(i)}, Check: newInterfaces(b, port, file)})
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	debug.FreeOSMemory()
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	before, began := testnginx.CPUSelf(b), time.Now()
	s.Apply(jobs)
	for runs.Load() < manyAgents && time.Since(began) < time.Minute {
		time.Sleep(10 * time.Millisecond) // the scheduler works by itself: there is nothing to wait on
	}
	b.ReportMetric(time.Since(began).Seconds(), "first-s") // rows found, at once
	b.ReportMetric((testnginx.CPUSelf(b) - before).Seconds(), "first-cpu-s")
	time.Sleep(time.Until(began.Add(time.Minute)))
	before, at, polls, samples := testnginx.CPUSelf(b), time.Now(), runs.Load(), sink.samples.Load()
	time.Sleep(benchMinutes() * time.Minute)
	minutes := time.Since(at).Minutes()
	b.ReportMetric((testnginx.CPUSelf(b)-before).Seconds()/minutes, "cpu-s/min")
	b.ReportMetric(float64(runs.Load()-polls)/minutes, "polls/min")
	b.ReportMetric(float64(sink.samples.Load()-samples)/minutes/60, "samples/s")
	b.ReportMetric(rssOf(b, "/proc/self"), "RSS-MB")
	b.ReportMetric(s.Stats().Recent.P99.Seconds()*1e3, "late-p99-ms")
	stop()
	if err := <-done; err != nil || bad.Load() > 0 {
		b.Errorf("%d bad polls, %v", bad.Load(), err)
	}
	b.ReportMetric(0, "ns/op")
}

// benchMinutes is MINUTES, or 1.
func benchMinutes() time.Duration {
	var n int
	if _, err := fmt.Sscan(os.Getenv("MINUTES"), &n); err != nil || n < 1 {
		return 1
	}
	return time.Duration(n)
}

// BenchmarkSNMPServer is the whole server with those 1,000 agents.
func BenchmarkSNMPServer(b *testing.B) {
	_, port := startAgents(b, manyAgents, agentRows)
	var yaml strings.Builder
	addr := freeAddr(b)
	fmt.Fprintf(&yaml, "listen: %s\nprobes: {listen: %q}\ntemplates:\n  switch:\n    checks:\n", addr, freeAddr(b))
	fmt.Fprintf(&yaml, "      interfaces: {type: interfaces, interval: 60s, timeout: 10s, port: %d, community: {file: %q}}\nhosts:\n", port, communityFile(b))
	for i := range manyAgents {
		fmt.Fprintf(&yaml, "  sw%03d: {address: %s, alive: none, templates: [switch]}\n", i, agentAddress(i))
	}
	s := monitord{bin: ours(b, "monitord"), data: filepath.Join(b.TempDir(), "data"), url: "http://" + addr}
	config := writeFile(b, b.TempDir(), "monitord.yaml", yaml.String())
	began := time.Now()
	s.program = start(b, s.bin, "run", "--data", s.data, "--config", config)
	s.ready(b, s.url+"/readyz")
	for s.figures(b).sum("monitord_check_runs_total") < manyAgents && time.Since(began) < time.Minute {
		time.Sleep(500 * time.Millisecond) // another process: there is nothing to wait on
	}
	b.ReportMetric(time.Since(began).Seconds(), "first-s")
	time.Sleep(time.Until(began.Add(time.Minute)))
	before, cpu, at := s.figures(b), s.cpu(b), time.Now()
	time.Sleep(benchMinutes() * time.Minute)
	after, minutes := s.figures(b), time.Since(at).Minutes()
	b.ReportMetric((s.cpu(b)-cpu).Seconds()/minutes, "cpu-s/min")
	b.ReportMetric(s.rss(b), "RSS-MB")
	for unit, name := range map[string]string{
		"runs/min": "monitord_check_runs_total", "samples/min": "prometheus_tsdb_head_samples_appended_total",
		"dropped": "monitord_check_samples_dropped_total", "skipped": "monitord_check_skipped_total",
	} {
		b.ReportMetric((after.sum(name)-before.sum(name))/minutes, unit)
	}
	b.ReportMetric(after.quantile(before, "monitord_check_latency_seconds", 0.99)*1e3, "late-p99-ms")
	b.ReportMetric(0, "ns/op")
}

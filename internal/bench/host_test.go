package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	collecting = 12 * time.Second // a probe collects every second in its first minute
	scrapes    = 300
)

// BenchmarkHostCollection measures one collection of a host: of our probe with
// everything that goes with it (reading, spooling with fsync, sending by mutual
// TLS, its configuration), and of node_exporter, which is asked for its page.
func BenchmarkHostCollection(b *testing.B) {
	b.Run("probe", benchProbe)
	matching := []string{"--collector.disable-defaults"}
	for _, name := range []string{"cpu", "meminfo", "diskstats", "loadavg", "netdev", "filesystem", "stat", "vmstat", "uname", "timex", "time"} {
		matching = append(matching, "--collector."+name)
	}
	b.Run("node_exporter-matching", func(b *testing.B) { benchNodeExporter(b, matching...) })
	b.Run("node_exporter-default", func(b *testing.B) { benchNodeExporter(b) })
}

func benchProbe(b *testing.B) {
	s := startMonitord(b)
	bin, dir := ours(b, "probe"), filepath.Join(b.TempDir(), "probe")
	output(b, "", s.bin, "probe", "list", "--data", s.data)
	token := output(b, "", s.bin, "probe", "add", "--data", s.data, "--token-only", "bench")
	server := strings.TrimSpace(output(b, "", s.bin, "status", "--data", s.data, "--probes-url"))
	output(b, token, bin, "enroll", "--server", server, "--token-file", "-", "--dir", dir)
	p := start(b, bin, "run", "--config", filepath.Join(dir, "probe.yaml"))
	for range 100 {
		if s.collections(b) > 0 {
			break
		}
		time.Sleep(100 * time.Millisecond) // another process: there is nothing to wait on
	}
	n, before := s.collections(b), p.cpu(b)
	time.Sleep(collecting) // what is measured
	spent, n := p.cpu(b)-before, s.collections(b)-n
	if n <= 0 {
		b.Fatalf("the probe collects nothing:\n%s", &p.log)
	}
	b.ReportMetric(spent.Seconds()*1e3/float64(n), "cpu-ms/op")
	b.ReportMetric(p.rss(b), "RSS-MB")
	b.ReportMetric(0, "ns/op")
}

// collections is how many collections of the probe the store holds.
func (s monitord) collections(b *testing.B) int {
	q := url.Values{"query": {`count_over_time(node_load1{host="bench"}[10m])`}}
	resp, err := http.Get(s.url + "/api/v1/query?" + q.Encode())
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		b.Fatal(err)
	}
	if len(answer.Data.Result) == 0 {
		return 0
	}
	n, err := strconv.Atoi(fmt.Sprint(answer.Data.Result[0].Value[1]))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func output(b *testing.B, stdin, path string, args ...string) string {
	b.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s %s: %v\n%s", path, args, err, out)
	}
	return string(out)
}

func benchNodeExporter(b *testing.B, args ...string) {
	addr := freeAddr(b)
	p := start(b, peer(b, "prometheus-node-exporter"), append(args, "--web.listen-address="+addr, "--log.level=error")...)
	p.ready(b, "http://"+addr+"/metrics")
	before := p.cpu(b)
	for range scrapes {
		resp, err := http.Get("http://" + addr + "/metrics")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	b.ReportMetric((p.cpu(b)-before).Seconds()*1e3/scrapes, "cpu-ms/op")
	b.ReportMetric(p.rss(b), "RSS-MB")
	b.ReportMetric(0, "ns/op")
}

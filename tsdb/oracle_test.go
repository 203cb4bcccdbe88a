package tsdb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
)

// startPrometheus starts Debian's Prometheus with an empty configuration on
// loopback as a receiver of remote write.
func startPrometheus(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs a real Prometheus")
	}
	bin, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("prometheus is missing: apt-get install -y --no-install-recommends prometheus")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	cmd := exec.Command(bin, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--web.enable-remote-write-receiver", "--log.level=error")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ready := time.Now().Add(30 * time.Second)
	for {
		resp, err := http.Get("http://" + addr + "/-/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return "http://" + addr
			}
		}
		if time.Now().After(ready) {
			t.Fatalf("prometheus is not ready: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // another process: there is nothing to wait on
	}
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// oracleData is an hour of series with everything that JSON has to cope with. The
// loads are exact in binary: the versions add in different orders.
func oracleData(at time.Time) []item {
	var out []item
	for i := range 60 {
		when := at.Add(time.Duration(i-60) * time.Minute).Add(123 * time.Millisecond)
		for le, n := range map[string]int{"0.5": 1, "1": 3, "+Inf": 4} {
			out = append(out, item{[]string{"__name__", "took_seconds_bucket", "le", le}, when, float64(n * i)})
		}
		for h := range 3 {
			host := fmt.Sprintf("web%d", h)
			out = append(out,
				item{[]string{"__name__", "node_load1", "host", host, "job", "node"}, when, float64(i%7) + float64(h)/4},
				item{[]string{"__name__", "node_cpu_seconds_total", "cpu", "0", "host", host}, when, float64(i * (h + 1) * 10)})
		}
		out = append(out, item{[]string{"__name__", "odd", "text", "日本 \"quoted\" <b>&\\ \t\u007f"}, when, []float64{0, 1e-9, 1e21, -1e300, 1.0 / 3}[i%5]})
	}
	return out
}

func TestAnswersAreThoseOfPrometheus(t *testing.T) {
	peer := startPrometheus(t)
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	body := snappy.Encode(nil, encodeV1(oracleData(at)...))
	if w := post(db.WriteHandler(nil), typeV1, body); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	req, _ := http.NewRequest(http.MethodPost, peer+"/api/v1/write", bytes.NewReader(body))
	req.Header.Set("Content-Type", typeV1)
	req.Header.Set("Content-Encoding", "snappy")
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != 204 {
		t.Fatalf("prometheus: %v %v", resp, err)
	}
	ours := httptest.NewServer(db.API())
	defer ours.Close()
	for _, c := range oracleCases(at) {
		t.Run(c.path+"?"+c.form.Encode(), func(t *testing.T) {
			want, wantCode := ask(t, peer, c)
			got, gotCode := ask(t, ours.URL, c)
			if wantCode != gotCode {
				t.Errorf("status %d, Prometheus says %d", gotCode, wantCode)
			}
			if c.loose {
				delete(want, "error")
				delete(got, "error")
			}
			if strings.HasPrefix(c.form.Get("query"), "count_values") {
				sortVector(want)
				sortVector(got)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("Prometheus (-) and ours (+):\n%s", d)
			}
		})
	}
}

// sortVector puts a vector in order: that of count_values is a map's.
func sortVector(answer map[string]any) {
	data, _ := answer["data"].(map[string]any)
	if vector, ok := data["result"].([]any); ok {
		slices.SortFunc(vector, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
}

type oracleCase struct {
	method, path string
	form         url.Values
	loose        bool // the text of the error changed between Prometheus 2.42 and our library
}

func ask(t *testing.T, base string, c oracleCase) (map[string]any, int) {
	t.Helper()
	var resp *http.Response
	var err error
	if c.method == http.MethodPost {
		resp, err = http.PostForm(base+c.path, c.form)
	} else {
		resp, err = http.Get(base + c.path + "?" + c.form.Encode())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // timestamps as they are written
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v in %s", base, err, raw)
	}
	return v, resp.StatusCode
}

func oracleCases(at time.Time) (cs []oracleCase) {
	stamp := func(d time.Duration) string { return fmt.Sprintf("%.3f", float64(at.Add(d).UnixMilli())/1000) }
	for _, q := range []string{
		"node_load1", `sort(node_load1{host=~"web[01]"})`, "rate(node_cpu_seconds_total[5m])", "sum by (host) (node_load1)",
		"odd", "odd[10m]", "1", "1/0", "-1/0", "0/0", `"text \"x\" 日本"`, "absent(nothing)", "nothing", "time()",
		"topk(1, node_load1)", "histogram_quantile(0.9, took_seconds_bucket)", "count_values(\"v\", node_load1)",
		"predict_linear(node_cpu_seconds_total[30m], 3600)", "node_load1 offset 10m", "max_over_time(node_load1[30m:1m])",
	} {
		cs = append(cs, oracleCase{"GET", "/api/v1/query", url.Values{"query": {q}, "time": {stamp(-time.Minute)}}, false},
			oracleCase{"POST", "/api/v1/query", url.Values{"query": {q}, "time": {at.Format(time.RFC3339)}}, false})
	}
	span := func(q, step string, more ...string) url.Values {
		v := url.Values{"query": {q}, "start": {stamp(-30 * time.Minute)}, "end": {stamp(0)}, "step": {step}}
		for i := 0; i+1 < len(more); i += 2 {
			v[more[i]] = []string{more[i+1]}
		}
		return v
	}
	for _, q := range []string{"node_load1", "rate(node_cpu_seconds_total[5m])", "odd", "nothing", "1", "sum(node_load1) by (job)"} {
		cs = append(cs, oracleCase{"GET", "/api/v1/query_range", span(q, "60"), false}, oracleCase{"POST", "/api/v1/query_range", span(q, "1m30s"), false})
	}
	bad := func(path string, form url.Values, loose bool) { cs = append(cs, oracleCase{"GET", path, form, loose}) }
	bad("/api/v1/query", url.Values{}, true)
	bad("/api/v1/query", url.Values{"query": {"sum("}}, true)
	bad("/api/v1/query", url.Values{"query": {"1"}, "time": {"x"}}, true)
	bad("/api/v1/query", url.Values{"query": {"1"}, "timeout": {"x"}}, false)
	bad("/api/v1/query", url.Values{"query": {"node_load1 + on(job) node_load1"}, "time": {stamp(0)}}, true)
	bad("/api/v1/query_range", span("node_load1", "0"), false)
	bad("/api/v1/query_range", span("node_load1", "x"), false)
	bad("/api/v1/query_range", span("node_load1", "0.001"), false)
	bad("/api/v1/query_range", span("node_load1", "60", "end", "1"), false)
	bad("/api/v1/query_range", span("node_load1[5m]", "60"), true)
	bad("/api/v1/query_range", url.Values{"query": {"1"}}, false)
	bad("/api/v1/series", url.Values{}, false)
	bad("/api/v1/series", url.Values{"match[]": {"{"}}, true)
	bad("/api/v1/series", url.Values{"match[]": {`{a=""}`}}, false)
	bad("/api/v1/labels", url.Values{"match[]": {`{a=""}`}}, false)
	bad("/api/v1/labels", url.Values{"start": {"x"}}, true)
	two := url.Values{"match[]": {`node_load1{host="web0"}`, "odd"}, "start": {stamp(-time.Hour)}, "end": {stamp(0)}}
	for _, form := range []url.Values{two, {"match[]": {"node_load1"}}, {"match[]": {"nothing"}}, {"match[]": {"odd"}, "start": {"1"}, "end": {"2"}}} {
		for _, path := range []string{"/api/v1/series", "/api/v1/labels", "/api/v1/label/host/values", "/api/v1/label/__name__/values"} {
			cs = append(cs, oracleCase{"GET", path, form, false})
		}
		cs = append(cs, oracleCase{"POST", "/api/v1/series", form, false}, oracleCase{"POST", "/api/v1/labels", form, false})
	}
	for _, path := range []string{"/api/v1/labels", "/api/v1/label/text/values", "/api/v1/label/none/values", "/api/v1/rules", "/api/v1/alerts", "/api/v1/metadata"} {
		cs = append(cs, oracleCase{"GET", path, nil, false})
	}
	return cs
}

// promtool is what an operator checks a server with.
func TestPromtoolCanAsk(t *testing.T) {
	if testing.Short() {
		t.Skip("short: needs a real promtool")
	}
	bin, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing: apt-get install -y --no-install-recommends prometheus")
	}
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	if w := post(db.WriteHandler(nil), typeV1, snappy.Encode(nil, encodeV1(oracleData(at)...))); w.Code != 204 {
		t.Fatal(w.Body)
	}
	srv := httptest.NewServer(db.API())
	defer srv.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"instant", "--time=" + at.Format(time.RFC3339), srv.URL, `count(node_load1)`}, "{} => 3 @"},
		{[]string{"range", "--start=" + at.Add(-time.Minute).Format(time.RFC3339), "--end=" + at.Format(time.RFC3339), "--step=30s", srv.URL, "count(odd)"}, "1 @["},
		{[]string{"series", "--match=odd", srv.URL}, `__name__="odd"`},
		{[]string{"labels", srv.URL, "host"}, "web1"},
	} {
		out, err := exec.Command(bin, append([]string{"query"}, c.args...)...).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte(c.want)) {
			t.Errorf("promtool query %v: %v\n%s\nwant %q", c.args, err, out, c.want)
		}
	}
}

//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"

	"monitord/checks/trend/trendgen"
	"monitord/internal/httpd"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/text"
)

// history is a series to be written, with the labels beside its name and host.
type history struct {
	name, host string
	labels     map[string]string
	times      []time.Time
	values     []float64
}

// upTo moves a picture so that a moment of it is now, and cuts it there.
func upTo(p trendgen.Picture, moment time.Time) (times []time.Time, n int) {
	shift := time.Now().Truncate(time.Second).Sub(moment)
	for n < len(p.Times) && !p.Times[n].After(moment) {
		times = append(times, p.Times[n].Add(shift))
		n++
	}
	return times, n
}

// counted makes a counter of rates.
func counted(times []time.Time, rates []float64) []float64 {
	out := make([]float64, len(times))
	for i := 1; i < len(times); i++ {
		out[i] = out[i-1] + rates[i]*times[i].Sub(times[i-1]).Seconds()
	}
	return out
}

func scaled(values []float64, by float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * by
	}
	return out
}

func constant(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// sixPictures are the manual's pictures, each on a host of its own.
func sixPictures() []history {
	eth := map[string]string{"device": "eth0"}
	disk := map[string]string{"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/var"}
	var list []history
	add := func(name, host string, labels map[string]string, times []time.Time, values []float64) {
		list = append(list, history{name, host, labels, times, values})
	}
	p := trendgen.Periodic(1)
	times, n := upTo(p, p.Times[len(p.Times)-1])
	add("node_network_receive_bytes_total", "calm1", eth, times, counted(times, p.Values[:n]))
	add("node_load5", "calm1", nil, times, p.Mate[:n])

	p = trendgen.Disk(1)
	times, n = upTo(p, p.Moment["full"].Add(-30*time.Hour))
	add("node_filesystem_size_bytes", "disk1", disk, times, constant(n, 1<<40))
	free := make([]float64, n)
	for i, v := range p.Values[:n] {
		free[i] = (1 - v/100) * (1 << 40)
	}
	add("node_filesystem_avail_bytes", "disk1", disk, times, free)

	p = trendgen.Burst(1)
	times, n = upTo(p, p.Moment["begin"].Add(50*time.Minute))
	add("node_load5", "burst1", nil, times, p.Values[:n])

	p = trendgen.Swap(1)
	times, n = upTo(p, p.Moment["collapse"].Add(40*time.Minute))
	add("node_memory_SwapFree_bytes", "swap1", nil, times, scaled(p.Values[:n], 1024))
	add("node_memory_SwapTotal_bytes", "swap1", nil, times, constant(n, 2.1e6*1024))

	p = trendgen.Ended(1)
	times, n = upTo(p, p.Moment["end"].Add(12*time.Hour+10*time.Minute))
	add("node_network_receive_bytes_total", "ended1", eth, times, counted(times, p.Values[:n]))
	return list
}

// remoteWrite sends series as Prometheus does, day by day.
func (w *world) remoteWrite(secret string, list []history) {
	w.t.Helper()
	from := time.Now()
	for _, h := range list {
		if h.times[0].Before(from) {
			from = h.times[0]
		}
	}
	for day := from; day.Before(time.Now()); day = day.Add(24 * time.Hour) {
		var req prompb.WriteRequest
		for _, h := range list {
			ts := prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: h.name}, {Name: "host", Value: h.host}}}
			for name, value := range h.labels {
				ts.Labels = append(ts.Labels, prompb.Label{Name: name, Value: value})
			}
			slices.SortFunc(ts.Labels, func(a, b prompb.Label) int { return strings.Compare(a.Name, b.Name) })
			for i, at := range h.times {
				if !at.Before(day) && at.Before(day.Add(24*time.Hour)) {
					ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: at.UnixMilli(), Value: h.values[i]})
				}
			}
			if len(ts.Samples) > 0 {
				req.Timeseries = append(req.Timeseries, ts)
			}
		}
		raw, err := req.Marshal()
		if err != nil {
			w.t.Fatal(err)
		}
		ask, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.addr+"/api/v1/write", bytes.NewReader(snappy.Encode(nil, raw)))
		if err != nil {
			w.t.Fatal(err)
		}
		ask.Header.Set("Content-Type", "application/x-protobuf")
		ask.Header.Set("Authorization", "Bearer "+secret)
		resp, err := http.DefaultClient.Do(ask)
		if err != nil {
			w.t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			w.t.Fatalf("remote write: %s", resp.Status)
		}
	}
}

// onsetIn is the moment since which the load is far above its normal, as a mail in
// English and in UTC says it.
func onsetIn(t *testing.T, mails string) time.Time {
	t.Helper()
	m := regexp.MustCompile(`load is far above its normal for this hour since (\w+ \d+ \w+ \d+:\d+)`).FindStringSubmatch(strings.Join(strings.Fields(mails), " "))
	if m == nil {
		t.Fatalf("no mail says since when:\n%s", mails)
	}
	now := time.Now().UTC()
	at, err := time.Parse("Mon 2 Jan 15:04 2006", m[1]+now.Format(" 2006"))
	if err != nil {
		t.Fatal(err)
	}
	if at.After(now) { // of last year
		at = at.AddDate(-1, 0, 0)
	}
	return at
}

// trendsStory: five weeks of the six typical pictures come by remote write. The
// server, killed and started again, learns from them and ends in the right
// incidents: on the page, in the mail, in the list of limits. A second kill tells
// nobody anything again.
func trendsStory(t *testing.T) {
	needRoot(t, "postfix")
	w := newWorld(t)
	relay := postfixtest.Start(t)
	secret, line := httpd.NewToken("history")
	w.configure(fmt.Sprintf(`
tokens_file: %s
contacts:
  noc: {language: en, channels: [{mail: noc@example.net}]}
  boss: {language: ja, timezone: Asia/Tokyo, channels: [{mail: boss@example.net}]}
escalations: [{steps: [{to: [noc, boss], channel: mail}]}]
storm: {pages: 0}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
`, put(t, filepath.Join(w.dir, "tokens"), line+"\n"), relay.Addr, relay.CAFile))
	w.serve()
	w.remoteWrite(secret, sixPictures())
	w.server.kill()
	w.serve()
	want := []struct{ service, state, brief, says, ja string }{ // brief: in lists
		{"disk1/trend[filesystem /var]", "WARNING", "at 100 %, now ", "filesystem /var reaches 100 % at about ", "filesystem /var は "},
		{"burst1/trend[load]", "CRITICAL", " surge: ", "load is far above its normal for this hour since ", "load が "},
		{"swap1/trend[free swap]", "CRITICAL", "free swap", "free swap ", "free swap が"},
		{"ended1/trend[eth0 in]", "WARNING", " no daily rhythm, level ", "eth0 in lost its daily rhythm since ", "eth0 in の1日周期の変化が "},
	}
	for _, x := range want {
		w.awaitState(60*time.Second, x.service, x.state)
	}
	told := map[string]string{} // what each is told, subjects and texts
	for _, who := range []string{"noc", "boss"} {
		relay.Wait(t, who, len(want), 30*time.Second)
		for _, raw := range relay.Mails(who) {
			told[who+" subject"] += headerOf(t, raw, "Subject") + "\n"
			told[who+" text"] += string(plainPart(t, raw)) + "\n"
		}
	}
	open := w.openIncidents()
	for _, x := range want {
		host, _, _ := strings.Cut(x.service, "/")
		page := func(path string) string {
			body, err := w.try(path)
			if err != nil {
				t.Fatal(err)
			}
			return html.UnescapeString(body)
		}
		lacks := func(where, got, says string) {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), says) {
				t.Errorf("%s: the %s lacks %q:\n%s", x.service, where, says, got)
			}
		}
		lacks("host's page", page("/hosts/"+host), x.brief)
		for _, in := range open {
			if in.Service == x.service {
				lacks("incident's page", page(fmt.Sprintf("/incidents/%d", in.ID)), x.says)
			}
		}
		for _, part := range []string{" subject", " text"} {
			lacks("noc"+part, told["noc"+part], x.says)
			lacks("boss"+part, told["boss"+part], x.ja)
		}
		if picture, err := w.try("/graph/service?name=" + strings.ReplaceAll(x.service, " ", "%20")); err != nil || !strings.Contains(picture, "normal range") && !strings.Contains(picture, "forecast") {
			t.Errorf("picture of %s: %s", x.service, errText(err))
		}
	}
	if en, ja := onsetIn(t, told["noc text"]), told["boss text"]; !strings.Contains(ja, "load が "+text.FormatTime(text.Japanese, en.In(time.FixedZone("JST", 9*3600)))) {
		t.Errorf("the burst of %s is not told to Tokyo in its time:\n%s", en, ja)
	}
	for _, in := range open {
		if strings.HasPrefix(in.Service, "calm1/trend") {
			t.Errorf("told of the host where nothing is unusual: %s", in.Service)
		}
	}
	table := command(t, "", bin(t, "monitord"), "capacity", "--data", w.data)
	say(t, "capacity:\n%s", table)
	rows := strings.Split(table, "\n")
	if len(rows) < 3 || !strings.Contains(rows[1]+rows[2], "filesystem /var") || !strings.Contains(rows[1]+rows[2], "free swap") {
		t.Errorf("the limits of disk1 and swap1 are not at the top:\n%s", table)
	}
	w.server.kill()
	w.serve()
	eventually(t, 60*time.Second, "the series are judged again", func() string {
		body, err := w.try("/metrics")
		if err == nil && !strings.Contains(body, "monitord_trend_findings 4\n") {
			return "not all four findings"
		}
		return errText(err)
	})
	if n := len(relay.Mails("noc")); n != len(want) {
		t.Errorf("%d mails after another kill, want the %d", n, len(want))
	}
	if again := w.openIncidents(); len(again) != len(open) {
		t.Errorf("%d incidents after another kill, %d before", len(again), len(open))
	}
}

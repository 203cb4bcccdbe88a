package checks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func lines(samples []Sample) []string {
	var out []string
	for _, s := range samples {
		var labels []string
		for k, v := range s.Labels {
			labels = append(labels, fmt.Sprintf("%s=%q", k, v))
		}
		slices.Sort(labels)
		out = append(out, fmt.Sprintf("%s{%s} %g", s.Name, strings.Join(labels, ","), s.Value))
	}
	return out
}

func TestAnHTTPRunHasTheSeriesOfBlackboxExporter(t *testing.T) {
	got := lines(Samples(Outcome{
		Host: "web1", Check: "front", Type: "http", At: time.Unix(1000, 0), Took: time.Second,
		Results: []Result{{
			State: Warning,
			Phases: []Phase{
				{"dns", 1 * time.Second}, {"connect", 2 * time.Second}, {"request", 3 * time.Second}, {"first-byte", 4 * time.Second},
				{"connect", 8 * time.Second}, {"tls", 16 * time.Second}, {"body", 32 * time.Second},
			},
			Perf: []Perf{{Label: "time", Value: 0.5, Unit: UnitSeconds}, {Label: "status", Value: 200}, {Label: "cert_left", Value: 86400, Unit: UnitSeconds}},
		}},
	}))
	want := []string{
		`monitord_check_duration_seconds{check="front",host="web1"} 1`,
		`monitord_check_state{check="front",host="web1"} 1`,
		`monitord_check_value{check="front",host="web1",label="time",unit="seconds"} 0.5`,
		`monitord_check_value{check="front",host="web1",label="status"} 200`,
		`monitord_check_value{check="front",host="web1",label="cert_left",unit="seconds"} 86400`,
		`probe_success{check="front",host="web1"} 1`,
		`probe_duration_seconds{check="front",host="web1"} 1`,
		`probe_dns_lookup_time_seconds{check="front",host="web1"} 1`,
		`probe_http_duration_seconds{check="front",host="web1",phase="resolve"} 1`,
		`probe_http_duration_seconds{check="front",host="web1",phase="connect"} 10`,
		`probe_http_duration_seconds{check="front",host="web1",phase="tls"} 16`,
		`probe_http_duration_seconds{check="front",host="web1",phase="processing"} 7`,
		`probe_http_duration_seconds{check="front",host="web1",phase="transfer"} 32`,
		`probe_http_status_code{check="front",host="web1"} 200`,
		`probe_ssl_earliest_cert_expiry{check="front",host="web1"} 87400`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestItemsAreLabelsAndOnlyNetworkChecksHaveProbeSeries(t *testing.T) {
	got := lines(Samples(Outcome{Host: "h", Check: "filesystem", Type: "metric", Results: []Result{
		{Item: "/", State: OK}, {Item: "/var", State: Critical, Perf: []Perf{{Label: "in", Value: 3, Derived: true}}}, // no series of its own
	}}))
	want := []string{
		`monitord_check_duration_seconds{check="filesystem",host="h"} 0`,
		`monitord_check_state{check="filesystem",host="h",item="/"} 0`,
		`monitord_check_state{check="filesystem",host="h",item="/var"} 2`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

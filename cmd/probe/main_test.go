package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"probe": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

func TestWrongUsageIsExitCodeTwoAndSaysWhereToLook(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"run"}, strings.NewReader(""), &out, &errs)
	if code != exitUsage || out.Len() != 0 || !strings.Contains(errs.String(), "--config") || !strings.Contains(errs.String(), "probe run --help") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, &out, &errs)
	}
}

// forbidden lists what would make the probe big, and why it is not needed there.
var forbidden = map[string]string{
	"github.com/prometheus/":   "the store's library is the server's; the probe writes remote write by hand (internal/agent/remotewrite.go)",
	"google.golang.org/":       "protobuf's runtime costs 1.5 MB for five fields",
	"monitord/tsdb":            "the store is the server's",
	"monitord/graphs":          "pictures are the server's",
	"monitord/dashboards":      "pages are the server's",
	"monitord/alerting":        "judging is the server's; only alerting/failover runs here",
	"monitord/internal/intake": "it is the other end of the channel",
}

// deps.txt is what the probe links beyond the standard library. When it grows on
// purpose: UPDATE_DEPS=1 go test ./cmd/probe, and review the difference.
func TestDepsGrowOnlyReviewed(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	for _, dep := range got {
		for prefix, why := range forbidden {
			if dep == "monitord/alerting/failover" || strings.HasPrefix(dep, "monitord/alerting/failover/") {
				continue
			}
			if dep == prefix || strings.HasPrefix(dep, prefix) && (strings.HasSuffix(prefix, "/") || dep[len(prefix)] == '/') {
				t.Errorf("probe must not link %s: %s", dep, why)
			}
		}
	}
	if os.Getenv("UPDATE_DEPS") != "" {
		if err := os.WriteFile("deps.txt", []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("deps.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(b))
	for _, dep := range got {
		if !slices.Contains(want, dep) {
			t.Errorf("probe links %s, which is not in deps.txt: leave it out, or review it with UPDATE_DEPS=1 go test ./cmd/probe", dep)
		}
	}
	for _, dep := range want {
		if !slices.Contains(got, dep) {
			t.Errorf("probe does not link %s any more: UPDATE_DEPS=1 go test ./cmd/probe", dep)
		}
	}
}

package layering

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// pkg is what `go list -json` tells about one package.
type pkg struct {
	ImportPath   string
	Dir          string
	Doc          string
	Name         string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

const module = "monitord/"

// rule forbids edges of the import graph.
type rule struct {
	from   string   // a package of ours and everything below it
	to     []string // what it must not import: of ours and everything below, or a foreign path
	except []string // packages below from that the rule does not bind
	why    string
}

// rules is the import direction of the house: cmd → everything; what a room
// needs from another is an interface in its Deps.
var rules = []rule{
	{from: "graphs", to: []string{"alerting", "checks", "collectors", "tsdb", "dashboards", "internal", "cmd"}, why: "graphs is pure: series in, picture out"},
	{from: "checks", to: []string{"alerting", "collectors", "tsdb", "dashboards", "graphs", "cmd"}, why: "checks know their own words and internal; the store comes as checks.Query"},
	{from: "collectors", to: []string{"alerting", "checks", "tsdb", "dashboards", "graphs", "cmd"}, why: "collectors know their own words and internal"},
	{from: "tsdb", to: []string{"alerting", "checks", "collectors", "dashboards", "graphs", "cmd"}, why: "nothing downstream reaches back up: the store knows nobody above it"},
	{from: "alerting", to: []string{"collectors", "tsdb", "dashboards", "graphs", "cmd"}, why: "alerting judges results; pictures and queries come through its Deps"},
	{from: "alerting/failover", to: []string{"alerting"}, why: "a probe runs actions without the rest of alerting"},
	{from: "internal", to: []string{"alerting", "tsdb", "dashboards", "graphs", "cmd"}, except: []string{"internal/e2e", "internal/layering"}, why: "internal is below every room"},
	{from: "dashboards", to: []string{"collectors", "cmd"}, why: "pages show what is stored and judged"},
}

// probeForbidden must not be linked into cmd/probe, directly or not.
var probeForbidden = []string{
	module + "tsdb", module + "graphs", module + "dashboards", module + "alerting",
	"github.com/prometheus/prometheus/tsdb", "github.com/prometheus/prometheus/storage/remote",
	"github.com/prometheus/prometheus/promql", "github.com/prometheus/client_golang/prometheus",
	"modernc.org/sqlite", "github.com/wcharczuk/go-chart/v2",
}

// probeActs is the one part of alerting that a probe runs.
const probeActs = "alerting/failover"

func TestNoPackageImportsAgainstTheDirection(t *testing.T) {
	for _, p := range list(t) {
		for _, r := range rules {
			if !below(p.ImportPath, r.from) || slices.ContainsFunc(r.except, func(e string) bool { return below(p.ImportPath, e) }) {
				continue
			}
			for _, imported := range p.Imports {
				for _, to := range r.to {
					if below(imported, to) && !below(imported, r.from) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imported, r.why)
					}
				}
			}
		}
	}
}

func TestProbeStaysSmall(t *testing.T) {
	for _, p := range list(t) {
		if p.ImportPath != module+"cmd/probe" {
			continue
		}
		for _, d := range p.Deps {
			if below(d, probeActs) {
				continue
			}
			for _, f := range probeForbidden {
				if d == f || strings.HasPrefix(d, f+"/") {
					t.Errorf("cmd/probe links %s: the daemon on every server must stay small", d)
				}
			}
		}
	}
}

func TestProgramsAreStartedOnlyThroughRunner(t *testing.T) {
	allowed := []string{"internal/runner", "internal/e2e", "internal/layering", "collectors/journald"}
	for _, p := range list(t) {
		if slices.ContainsFunc(allowed, func(a string) bool { return below(p.ImportPath, a) }) || isTestHelper(p) {
			continue
		}
		if slices.Contains(p.Imports, "os/exec") {
			t.Errorf("%s imports os/exec: programs are started only through internal/runner (deadline, process group, bounded output)", p.ImportPath)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment: write doc.go", p.ImportPath)
		}
	}
}

// plugins are the trees of which each child is one plug-in or an engine.
var plugins = []struct {
	tree    string
	engines []string // children that are no plug-ins
}{
	{"checks", []string{"builtin", "schedule", "logs", "trend", "internal"}},
	// logfile, journald, kmsg and syslog give lines to whoever the program hands them, not
	// samples to the host's rounds: cmd makes them where logs are configured.
	{"collectors", []string{"builtin", "logfile", "journald", "kmsg", "syslog"}},
	{"alerting/notify", []string{"builtin", "internal"}},
	{"alerting/failover", []string{"builtin", "onprobe"}},
}

func TestSiblingsNeverMeetAndParentsNeverLookDown(t *testing.T) {
	for _, p := range list(t) {
		for _, tree := range plugins {
			child, isChild := childOf(p.ImportPath, tree.tree)
			for _, imported := range p.Imports {
				other, ok := childOf(imported, tree.tree)
				if !ok || slices.Contains(tree.engines, other) {
					continue
				}
				switch {
				case p.ImportPath == module+tree.tree:
					t.Errorf("%s imports its child %s: name it in the builtin list instead", p.ImportPath, other)
				case isChild && child != other && !slices.Contains(tree.engines, child):
					t.Errorf("%s imports its sibling %s: move what they share one level up, or to internal", p.ImportPath, other)
				}
			}
		}
	}
}

// below reports whether an import path is the given package of ours or below it.
func below(importPath, ours string) bool {
	return importPath == module+ours || strings.HasPrefix(importPath, module+ours+"/")
}

// childOf returns the first path element below tree.
func childOf(importPath, tree string) (string, bool) {
	rest, ok := strings.CutPrefix(importPath, module+tree+"/")
	if !ok {
		return "", false
	}
	child, _, _ := strings.Cut(rest, "/")
	return child, true
}

// isTestHelper says whether a package serves tests only, by its name.
func isTestHelper(p pkg) bool {
	return strings.HasSuffix(path.Base(p.ImportPath), "test") || strings.HasPrefix(path.Base(p.ImportPath), "test") || p.Name == "main" && strings.Contains(p.ImportPath, "/internal/")
}

// list reads all packages of the module.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-buildvcs=false", "-e", "-json=ImportPath,Dir,Doc,Name,Imports,TestImports,XTestImports,Deps", "monitord/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list output: %v", err)
		}
		all = append(all, p)
	}
}

package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"monitord/checks/builtin/local"
	"monitord/internal/health"
	"monitord/internal/resource"
	"monitord/internal/watchdog"
)

// loadHealth reads a file of probe health as the probe does.
func loadHealth(t *testing.T, content string) (health.Config, []health.Check) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "health.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, list, err := health.Load(path, local.Types())
	if err != nil {
		t.Error(err)
	}
	return cfg, list
}

func TestTheNodeOfAClusterIsValidWithAndWithoutItsComments(t *testing.T) {
	raw, err := os.ReadFile("cluster/health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if cfg, list := loadHealth(t, string(raw)); len(list) != 6 || cfg.Watchdog.Device != "" || cfg.ExitCode != 100 {
		t.Errorf("got %+v, %d checks", cfg, len(list))
	}
	offered := regexp.MustCompile(`(?m)^# ((?:  )?[a-z]+:( [^ ]+)?)$`).ReplaceAllString(string(raw), "$1")
	want := watchdog.DefaultConfig()
	want.Device = "/dev/watchdog"
	if cfg, _ := loadHealth(t, offered); cfg.Watchdog != want {
		t.Errorf("the offered watchdog is %+v; want the defaults", cfg.Watchdog)
	}
}

func TestTheResourcesAreValid(t *testing.T) {
	raw, err := os.ReadFile("cluster/resources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "resources.yaml")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgresql", "nginx", "legacyd"} {
		if _, _, err := resource.Find(path, name); err != nil {
			t.Error(err)
		}
	}
}

// Who copies a block from the document has a valid file.
func TestTheNodesInTheDocumentAreValid(t *testing.T) {
	raw, err := os.ReadFile("../docs/clusters.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced.FindAllStringSubmatch(string(raw), -1)
	if len(blocks) == 0 {
		t.Error("docs/clusters.md has no block of YAML")
	}
	for _, m := range blocks {
		block := m[1]
		if !strings.Contains(block, "checks:") {
			block += "checks: {disk: {type: disk, dir: /var}}\n"
		}
		loadHealth(t, block)
	}
}

package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/checks/builtin"
	"monitord/internal/inventory"
)

func TestAHostWithoutItsProbeIsAWarningNotAFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.yaml")
	const yaml = `hosts:
  web1:
    address: 192.0.2.1
    checks:
      cron: {type: process, name: cron}
      backup: {type: file, path: /var/backups/x, run_on: server}
      front: {type: tcp, port: 80}
  web2:
    address: 192.0.2.2
    logs: {files: [/var/log/syslog]}
    checks:
      cron: {type: process, name: cron}
`
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	enrolled := []string{"web2"}
	inv, err := inventory.Build(s.Inventory, builtin.Types(), enrolled)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	warnNoProbe(slog.New(slog.NewTextHandler(&out, nil)), inv, enrolled)
	got := out.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") ||
		!strings.Contains(got, "monitord probe add web1") || !strings.Contains(got, "check=[web1/cron]") {
		t.Errorf("%s", got)
	}
}

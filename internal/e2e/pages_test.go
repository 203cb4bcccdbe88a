//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pages: every page of a real server, in chromium, at three widths, in both
// themes and languages: no console error, nothing cut off, nothing that axe
// finds; the wall turns stale when its stream is cut, and recovers.
func pages(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		cannot(t, "chromium is not installed")
	}
	w := newWorld(t)
	w.configure("")
	w.serve()
	w.probe(w.enrol("node1"))
	w.awaitState(30*time.Second, "node1/probe", "OK")

	shots := os.Getenv("SHOTS")
	if shots == "" {
		shots = filepath.Join(w.dir, "shots")
	}
	cmd := exec.CommandContext(t.Context(), "npm", "--silent", "test")
	cmd.Dir = "../../dashboards/web"
	cmd.Env = append(os.Environ(), "BASE_URL=http://"+w.addr, "SHOTS="+shots)
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	say(t, "%s", lines[len(lines)-1])
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

package accept

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAListIsReadLineByLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.listed")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# why\n\n  sensor/*/cRF*: the agent says: nothing  \n")
	list, err := ReadListed(file)
	if err != nil || len(list) != 1 || list[0].Reason != "the agent says: nothing" {
		t.Fatalf("got %+v, %v", list, err)
	}
	if !list[0].Matches("sensor/a/cRF1") || list[0].Matches("port/a/cRF1") {
		t.Errorf("%q matches something else", list[0].Pattern)
	}
	for _, bad := range []string{"no reason\n", "sensor/[: bad pattern\n"} {
		write(bad)
		if _, err := ReadListed(file); err == nil || !strings.Contains(err.Error(), "want PATTERN: REASON") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Package actiontest is what the tests of every kind of action do alike. Only
// tests use it.
package actiontest

import (
	"strings"
	"testing"

	"monitord/alerting/failover"
	"monitord/internal/config"
)

// Options decodes each text as the options of a kind. The error must hold the
// words beside it; where those are empty there must be none.
func Options(t *testing.T, kind failover.Kind, cases map[string]string) {
	t.Helper()
	for yaml, want := range cases {
		n, err := config.ParseBytes("x", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		_, err = failover.Options(kind, n, "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v; want %q", yaml, err, want)
		}
	}
}

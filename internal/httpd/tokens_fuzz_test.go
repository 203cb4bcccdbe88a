package httpd

import (
	"strings"
	"testing"
)

// FuzzTokens holds that a tokens file that is accepted opens nothing for a
// secret that is not in it.
func FuzzTokens(f *testing.F) {
	_, line := NewToken("grafana")
	f.Add(line)
	f.Add("# only a comment\n\n")
	f.Fuzz(func(t *testing.T, in string) {
		tokens, err := parseTokens(strings.NewReader(in))
		if err != nil {
			return
		}
		for _, secret := range []string{"", "x", in} {
			if name, ok := tokens.find(secret); ok {
				t.Fatalf("%q opens as %q", secret, name)
			}
		}
	})
}

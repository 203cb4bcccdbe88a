package builtin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/alerting/failover"
	"monitord/internal/config"
)

func decode(t *testing.T, k failover.Kind, raw string) error {
	t.Helper()
	n, err := config.ParseBytes(k.Name, []byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", k.Name, err)
	}
	_, err = failover.Options(k, n, "do."+k.Name)
	return err
}

func TestEveryKindIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.Name == "" || k.Summary == "" || k.Sample == "" || k.New == nil || seen[k.Name] {
			t.Errorf("%q is not whole, or is there twice", k.Name)
		}
		seen[k.Name] = true
		// A sample leaves required options empty; a key that nobody knows would be
		// a lie.
		if err := decode(t, k, k.Sample); err != nil && (strings.Contains(err.Error(), "unknown key") || strings.Contains(err.Error(), "wrong type")) {
			t.Errorf("sample of %s: %v", k.Name, err)
		}
		example, err := os.ReadFile(filepath.Join("..", k.Name, "testdata/example.yaml"))
		if err != nil {
			t.Errorf("%s has no example: %v", k.Name, err)
			continue
		}
		if err := decode(t, k, string(example)); err != nil {
			t.Errorf("example of %s: %v", k.Name, err)
		}
	}
}

// A sample's value of an option is its default.
func TestSamplesShowTheDefaults(t *testing.T) {
	nothing := strings.NewReplacer("null", "-", "[]", "-", "{}", "-")
	for _, k := range Kinds() {
		n, err := config.ParseBytes(k.Name, []byte(k.Sample))
		if err != nil {
			t.Fatal(err)
		}
		shown := k.Config()
		_ = config.Decode(n, "", shown) // what is required is missing
		after, err := config.Marshal(shown)
		before, err2 := config.Marshal(k.Config())
		if err != nil || err2 != nil || nothing.Replace(string(before)) != nothing.Replace(string(after)) {
			t.Errorf("%s: the sample says\n%s\nand the defaults are\n%s\n(%v, %v)", k.Name, after, before, err, err2)
		}
	}
}

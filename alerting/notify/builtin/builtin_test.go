package builtin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kinds whose folder has another name.
var folders = map[string]string{"sms": "gateway", "voice": "gateway", "exec": "execute"}

// TestEachKindIsWhole finds what somebody who adds a kind may forget.
func TestEachKindIsWhole(t *testing.T) {
	names, sections := map[string]bool{}, map[string]bool{}
	for _, k := range Kinds() {
		if names[k.Name] || sections[k.Section] || k.Name == "" || k.Section == "" {
			t.Errorf("%s, section %s: there are two of them, or it has no name", k.Name, k.Section)
		}
		names[k.Name], sections[k.Section] = true, true
		if k.Summary == "" || !strings.Contains(k.Sample, "\n"+k.Section+":\n") || k.Address == nil || k.Target == nil || k.New == nil {
			t.Errorf("%s is not whole", k.Name)
		}
		if k.Within < 10*time.Second || k.Within > 10*time.Minute {
			t.Errorf("%s is confirmed within %s", k.Name, k.Within)
		}
		if k.Address("") == nil || k.Address("a\r\nb") == nil || k.Address("a b") == nil {
			t.Errorf("%s takes an address that is none", k.Name)
		}
		folder := k.Name
		if other := folders[k.Name]; other != "" {
			folder = other
		}
		for _, name := range []string{"doc.go", "README.md", "sample.yaml"} {
			if _, err := os.Stat(filepath.Join("..", folder, name)); err != nil {
				t.Error(err)
			}
		}
		for _, doc := range []struct{ path, up string }{{"docs/notify.md", "../"}, {"docs/ja/notify.md", "../../"}} {
			raw, err := os.ReadFile(filepath.Join("../../..", doc.path))
			if want := "| [`" + k.Name + "`](" + doc.up + "alerting/notify/" + folder + "/README.md) |"; err != nil || !strings.Contains(string(raw), want) {
				t.Errorf("%s does not list %s (%v)", doc.path, want, err)
			}
		}
	}
	if len(ChannelKinds()) != len(Kinds()) {
		t.Error("the inventory knows other kinds")
	}
}

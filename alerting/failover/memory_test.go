package failover

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsSavedIsThereUntilItIsForgotten(t *testing.T) {
	m := Memory{Dir: filepath.Join(t.TempDir(), "not", "there", "yet")}
	var got map[string]int
	for _, key := range []string{"web1", "../up", "a/b", "..", "web 1é"} {
		if ok, err := m.Load(key, &got); ok || err != nil {
			t.Fatalf("%s: %v %v before anything was saved", key, ok, err)
		}
		for n := range 2 {
			if err := m.Save(key, map[string]int{key: n}); err != nil {
				t.Fatal(err)
			}
		}
		got = nil
		if ok, err := (Memory{Dir: m.Dir}).Load(key, &got); !ok || err != nil || got[key] != 1 {
			t.Errorf("%s: %v %v %v", key, got, ok, err)
		}
	}
	files, err := os.ReadDir(m.Dir)
	if err != nil || len(files) != 5 {
		t.Errorf("%v, %v: want one file for each key, and nothing else", files, err)
	}
	for range 2 {
		if err := m.Forget("../up"); err != nil {
			t.Error(err)
		}
	}
	if ok, err := m.Load("../up", &got); ok || err != nil {
		t.Errorf("%v %v after it was forgotten", ok, err)
	}
}

func TestABrokenMemoryNamesItsFile(t *testing.T) {
	m := Memory{Dir: t.TempDir()}
	if err := os.WriteFile(m.path("web1"), []byte(`{"a`), 0o600); err != nil {
		t.Fatal(err)
	}
	var got map[string]int
	if ok, err := m.Load("web1", &got); ok || err == nil || !strings.Contains(err.Error(), m.path("web1")) {
		t.Errorf("%v %v", ok, err)
	}
}

func TestAFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Memory{Dir: file}).Save("web1", 1); err == nil {
		t.Error("saved below a file")
	}
}

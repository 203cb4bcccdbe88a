package layering

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// named finds what ARCHITECTURE.md names in code spans: paths with a slash, and
// files at the top.
var named = regexp.MustCompile("`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.*-]*)+|[A-Za-z]+\\.(?:md|go|yaml|txt)|Makefile|go\\.mod)`")

// elsewhere lists what looks like a path of the tree and is none.
var elsewhere = map[string]string{
	"bin/":             "made by make build",
	"testing/synctest": "a package of Go's library",
}

func TestTheMapNamesOnlyWhatExists(t *testing.T) {
	for _, doc := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"} {
		text, err := os.ReadFile(filepath.Join(root, doc))
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(text), -1)
		if doc == "ARCHITECTURE.md" && len(found) < 10 {
			t.Errorf("%s names %d paths: a map names its places", doc, len(found))
		}
		for _, m := range found {
			if elsewhere[m[1]] != "" {
				continue
			}
			if hits, _ := filepath.Glob(filepath.Join(root, m[1])); len(hits) == 0 {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
	}
}

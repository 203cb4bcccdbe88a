package layering

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the top of the repository, seen from this package.
const root = "../.."

// builtinLists names, for each plug-in tree, the file that lists its children.
var builtinLists = map[string][]string{
	"checks":            {"checks/builtin", "checks/builtin/local"},
	"collectors":        {"collectors/builtin"},
	"alerting/notify":   {"alerting/notify/builtin"},
	"alerting/failover": {"alerting/failover/builtin"},
}

func TestEachPlugInIsWholeAndListed(t *testing.T) {
	for tree, lists := range builtinLists {
		engines := enginesOf(tree)
		listed := importsOf(t, lists)
		for _, child := range children(t, tree) {
			if slices.Contains(engines, child) {
				continue
			}
			dir := filepath.Join(root, tree, child)
			want := []string{"doc.go", "README.md"}
			if tree != "collectors" { // they have no options of their own
				want = append(want, "sample.yaml")
			}
			for _, name := range want {
				if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
					t.Errorf("%s/%s lacks %s", tree, child, name)
				}
			}
			if tests, _ := filepath.Glob(filepath.Join(dir, "*_test.go")); len(tests) == 0 {
				t.Errorf("%s/%s has no test", tree, child)
			}
			if !slices.Contains(listed, module+tree+"/"+child) {
				t.Errorf("%s/%s is not in %s: nobody would ever run it", tree, child, strings.Join(lists, " or "))
			}
		}
	}
}

func enginesOf(tree string) []string {
	for _, p := range plugins {
		if p.tree == tree {
			return p.engines
		}
	}
	return nil
}

// importsOf collects what the packages in the folders import.
func importsOf(t *testing.T, folders []string) []string {
	t.Helper()
	var all []string
	for _, p := range list(t) {
		if slices.Contains(folders, strings.TrimPrefix(p.ImportPath, module)) {
			all = append(all, p.Imports...)
		}
	}
	return all
}

// children lists the folders below a tree that hold Go files.
func children(t *testing.T, tree string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, tree))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if src, _ := filepath.Glob(filepath.Join(root, tree, e.Name(), "*.go")); e.IsDir() && len(src) > 0 {
			names = append(names, e.Name())
		}
	}
	return names
}

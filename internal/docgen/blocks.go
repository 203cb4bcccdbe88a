package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"monitord/checks"
	"monitord/checks/builtin"
	"monitord/internal/text"
)

// pluginTrees are the folders whose children quote their samples.
var pluginTrees = []string{"checks", "collectors", "alerting", "alerting/notify", "alerting/failover"}

// blocks are the quoted files, by the name in their markers.
var blocks = []struct{ name, file string }{
	{"sample", "sample.yaml"},
	{"example", "testdata/example.yaml"},
}

// indexFile is the list of checks.
const indexFile = "docs/checks.md"

// staleDocuments returns what the documents that are not current should be, by
// path from the top.
func staleDocuments(root string) (map[string]string, error) {
	want := map[string]string{indexFile: index(builtin.Types())}
	for _, tree := range pluginTrees {
		readmes, err := filepath.Glob(filepath.Join(root, tree, "*", "README.md"))
		if err != nil {
			return nil, err
		}
		for _, readme := range readmes {
			rel, err := filepath.Rel(root, readme)
			if err != nil {
				return nil, err
			}
			if want[filepath.ToSlash(rel)], err = quoted(readme); err != nil {
				return nil, err
			}
		}
	}
	for p, content := range want {
		have, err := os.ReadFile(filepath.Join(root, p))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && string(have) == content {
			delete(want, p)
		}
	}
	return want, nil
}

// quoted is a README with its files in their blocks.
func quoted(readme string) (string, error) {
	raw, err := os.ReadFile(readme)
	if err != nil {
		return "", err
	}
	doc := string(raw)
	for _, b := range blocks {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(readme), b.file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if doc, err = replaceBlock(doc, b.name, string(content)); err != nil {
			return "", fmt.Errorf("%s: %w", readme, err)
		}
	}
	return doc, nil
}

// replaceBlock puts YAML between <!-- name --> and <!-- /name -->.
func replaceBlock(doc, name, yaml string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	head, rest, ok := strings.Cut(doc, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("no %s … %s, each on a line of its own", strings.TrimSpace(begin), end)
	}
	return head + begin + "```yaml\n" + strings.TrimSpace(yaml) + "\n```\n" + end + tail, nil
}

// index is the list of checks in both languages.
func index(types []checks.Type) string {
	var b strings.Builder
	b.WriteString("# Checks\n\n<!-- written by make docs: change the catalogue or the list, not this file -->\n\n")
	b.WriteString("`monitord check TYPE --help` shows the options of each; so does its own page.\n\n")
	b.WriteString("| type | in English | in Japanese |\n|---|---|---|\n")
	for _, t := range types {
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s |\n", t.Name, path.Join("..", "checks", t.Name, "README.md"), say(text.English, t), say(text.Japanese, t))
	}
	return b.String()
}

func say(lang text.Lang, t checks.Type) string {
	return strings.ReplaceAll(text.Default().Render(lang, nil, text.Message{ID: t.Summary}), "|", "\\|")
}

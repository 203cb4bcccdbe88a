package main

import (
	"embed"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed check collector action
var templates embed.FS

// kind is one kind of plug-in.
type kind struct {
	tree string            // where its plug-ins live
	list string            // the Go file that lists them
	to   map[string]string // template: path below the plug-in's folder, or from the top with a leading /
	add  func(list, name string) (string, error)
}

// kinds by the word on the command line.
var kinds = map[string]*kind{
	"check": {
		tree: "checks", list: "checks/builtin/local/local.go", add: addCheck,
		to: map[string]string{
			"check/doc.txt": "doc.go", "check/readme.txt": "README.md", "check/sample.yaml": "sample.yaml", "check/config.txt": "config.go",
			"check/check.txt": "@NAME@.go", "check/test.txt": "@NAME@_test.go", "check/example.yaml": "testdata/example.yaml",
			"check/catalogue.yaml": "/internal/text/catalogue/check-@NAME@.yaml",
		},
	},
	"collector": {
		tree: "collectors", list: "collectors/builtin/builtin.go", add: addCollector,
		to: map[string]string{
			"collector/doc.txt": "doc.go", "collector/readme.txt": "README.md",
			"collector/collector.txt": "@NAME@.go", "collector/test.txt": "@NAME@_test.go",
			"collector/source.txt": "testdata/@NAME@",
		},
	},
	"action": {
		tree: "alerting/failover", list: "alerting/failover/builtin/builtin.go", add: addAction,
		to: map[string]string{
			"action/doc.txt": "doc.go", "action/readme.txt": "README.md", "action/sample.yaml": "sample.yaml", "action/config.txt": "config.go",
			"action/action.txt": "@NAME@.go", "action/test.txt": "@NAME@_test.go", "action/example.yaml": "testdata/example.yaml",
			"action/catalogue.yaml": "/internal/text/catalogue/failover-@NAME@.yaml",
		},
	},
}

func (k *kind) folder(name string) string { return path.Join(k.tree, name) }

// write makes the plug-in and adds it to its list. It writes nothing when the
// name, the tree or the list is not as it must be.
func write(root, kindName, name string) ([]string, error) {
	k := kinds[kindName]
	if mod, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil || !strings.HasPrefix(string(mod), "module monitord\n") {
		return nil, errors.New("this is not the top of monitord's source tree; go there first")
	}
	if err := checkName(root, k, name); err != nil {
		return nil, err
	}
	files, err := k.files(name)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(root, k.list))
	if err != nil {
		return nil, err
	}
	longer, err := k.add(string(list), name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.list, err)
	}
	files[k.list] = longer
	return put(root, files)
}

// files renders the templates, by path from the top.
func (k *kind) files(name string) (map[string]string, error) {
	words := strings.NewReplacer("@NAME@", name, "@Name@", strings.ToUpper(name[:1])+name[1:])
	all := map[string]string{}
	for template, to := range k.to {
		raw, err := templates.ReadFile(template)
		if err != nil {
			return nil, err
		}
		to, fromTop := strings.CutPrefix(words.Replace(to), "/")
		if !fromTop {
			to = path.Join(k.folder(name), to)
		}
		all[to] = words.Replace(string(raw))
		if strings.HasSuffix(to, ".go") {
			code, err := format.Source([]byte(all[to]))
			if err != nil {
				return nil, fmt.Errorf("template %s: %w", template, err)
			}
			all[to] = string(code)
		}
	}
	return all, nil
}

// put writes the files and returns their paths, sorted.
func put(root string, files map[string]string) ([]string, error) {
	var paths []string
	for to, content := range files {
		full := filepath.Join(root, to)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			return nil, err
		}
		paths = append(paths, to)
	}
	slices.Sort(paths)
	return paths, nil
}

// addCheck appends NAME.Type() to the list of checks.
func addCheck(list, name string) (string, error) {
	const begin, end = "return []checks.Type{", "\n\t}\n" // the last line ends with a comma
	return extend(list, "\t\"monitord/checks\"\n", "\t\"monitord/checks/"+name+"\"\n", begin, end, "\n\t\t"+name+".Type(),")
}

// addCollector appends NAME.New() to the list of collectors.
func addCollector(list, name string) (string, error) {
	const begin, end = "list := host.New(o.Host)", "\n"
	return extend(list, "\t\"monitord/collectors\"\n", "\t\"monitord/collectors/"+name+"\"\n", begin, end, "\n\tlist = append(list, "+name+".New())")
}

// addAction appends NAME.Kind() to the list of kinds of action.
func addAction(list, name string) (string, error) {
	const begin, end = "return []failover.Kind{", "\n\t}\n" // the last line ends with a comma
	return extend(list, "\t\"monitord/alerting/failover\"\n", "\t\"monitord/alerting/failover/"+name+"\"\n", begin, end, "\n\t\t"+name+".Kind(),")
}

// extend adds an import behind another one, and text before the end of what
// begins with begin; gofmt puts the imports in order.
func extend(list, after, imported, begin, end, text string) (string, error) {
	head, tail, ok := strings.Cut(list, after)
	if !ok {
		return "", fmt.Errorf("no line %q to put the import behind: add it by hand", strings.TrimSpace(after))
	}
	list = head + after + imported + tail
	at := strings.Index(list, begin)
	if at < 0 {
		return "", fmt.Errorf("no %q to extend: add the new one by hand", begin)
	}
	stop := at + strings.Index(list[at:], end)
	code, err := format.Source([]byte(list[:stop] + text + list[stop:]))
	return string(code), err
}

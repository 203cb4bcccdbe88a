package text_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"monitord/internal/text"
)

const root = "../.."

// use is one text.M call with a literal ID found in code.
type use struct {
	pos  string
	id   string
	args []string // names of the arguments, nil when they are not all literal
}

func TestCatalogueIsWhole(t *testing.T) {
	c := text.Default()
	if len(c.IDs()) == 0 {
		t.Fatal("the catalogue is empty")
	}
}

func TestEverySentenceUsedIsInTheCatalogueWithItsArguments(t *testing.T) {
	c := text.Default()
	for _, u := range usesInCode(t) {
		if !slices.Contains(c.IDs(), u.id) {
			t.Errorf("%s: %q is not in the catalogue", u.pos, u.id)
			continue
		}
		if u.args == nil {
			continue
		}
		for _, name := range c.Placeholders(u.id) {
			if !slices.Contains(u.args, name) {
				t.Errorf("%s: %q needs {%s}, which the call does not give", u.pos, u.id, name)
			}
		}
	}
}

func TestEverySentenceOfTheCatalogueIsUsed(t *testing.T) {
	everything := allSource(t)
	for _, id := range text.Default().IDs() {
		if !strings.Contains(everything, `"`+id+`"`) && !usedByPrefix(everything, id) {
			t.Errorf("nothing uses %q: delete it", id)
		}
	}
}

// usedByPrefix finds IDs that code composes, such as "state." + name.
func usedByPrefix(source, id string) bool {
	for i := len(id) - 1; i > 0; i-- {
		if id[i] == '.' || id[i] == '-' || id[i] == '_' {
			if strings.Contains(source, `"`+id[:i+1]+`"`) {
				return true
			}
		}
	}
	return false
}

// japanese finds sentences that were forgotten in code: a person who reads
// English would never see them.
var japanese = regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]`)

func TestNoJapaneseSentenceStandsInCode(t *testing.T) {
	allowed := []string{
		"internal/text/render.go", // units, which are grammar and not sentences
		"internal/text/dates.go",
		"dashboards/webtest/scene.go", // names of made-up hosts and people
		"dashboards/webtest/links.go",
		"dashboards/webtest/logs.go",
		"dashboards/webtest/device.go",
		"dashboards/webtest/trends.go",
	}
	walkGo(t, func(path string, file *ast.File, fset *token.FileSet) {
		if slices.Contains(allowed, path) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && japanese.MatchString(lit.Value) {
				t.Errorf("%s: Japanese text outside the catalogue: %s", fset.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	})
}

// templateText finds text between tags of a page that is not an action.
var (
	templateAction = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	templateTag    = regexp.MustCompile(`(?s)<!--.*?-->|<(script|style)\b.*?</(script|style)>|<[^>]*>`)
	templateAttr   = regexp.MustCompile(`\b(?:title|alt|aria-label|placeholder)="([^"]*\p{L}[^"]*)"`)
	bareAttr       = regexp.MustCompile(`\bdata-[a-z]+=""`) // a template of attributes, each filled by an action
	entity         = regexp.MustCompile(`&[a-zA-Z#0-9]+;`)
	letter         = regexp.MustCompile(`\p{L}`)
)

func TestNoSentenceStandsInATemplate(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "dist") {
			return skipDir(err, d)
		}
		if !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".tmpl") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		bare := templateAction.ReplaceAllString(string(raw), "")
		for _, m := range templateAttr.FindAllStringSubmatch(bare, -1) {
			t.Errorf("%s: %q stands outside the catalogue", path, m[1])
		}
		bare = bareAttr.ReplaceAllString(templateTag.ReplaceAllString(bare, "\n"), "")
		bare = entity.ReplaceAllString(bare, " ")
		for line := range strings.Lines(bare) {
			if line = strings.Trim(line, " \t\n–"); letter.MatchString(line) && line != "monitord" {
				t.Errorf("%s: %q stands outside the catalogue", path, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skipDir(err error, d fs.DirEntry) error {
	if err != nil {
		return err
	}
	if d.IsDir() {
		return filepath.SkipDir
	}
	return nil
}

// usesInCode finds every text.M("id", text.Kind("name", …)…) of the tree.
func usesInCode(t *testing.T) []use {
	t.Helper()
	var uses []use
	walkGo(t, func(path string, file *ast.File, fset *token.FileSet) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isTextCall(call, "M") || len(call.Args) == 0 {
				return true
			}
			id, ok := literal(call.Args[0])
			if !ok {
				return true
			}
			uses = append(uses, use{pos: fset.Position(call.Pos()).String(), id: id, args: argNames(call)})
			return true
		})
	})
	return uses
}

func argNames(call *ast.CallExpr) []string {
	names := []string{}
	if call.Ellipsis.IsValid() {
		return nil
	}
	for _, a := range call.Args[1:] {
		c, ok := a.(*ast.CallExpr)
		if !ok || len(c.Args) == 0 {
			return nil
		}
		name, ok := literal(c.Args[0])
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

func isTextCall(call *ast.CallExpr, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "text"
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// walkGo parses every Go file that is not a test.
func walkGo(t *testing.T, visit func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return skipDir(err, d)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		visit(rel, file, fset)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// allSource is every file in which an ID may be used, as one text.
func allSource(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "dist") {
			return skipDir(err, d)
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".html" && ext != ".tmpl" && ext != ".ts" {
			return nil
		}
		raw, err := os.ReadFile(path)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

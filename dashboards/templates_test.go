package dashboards

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"monitord/internal/text"
)

var (
	hrefs    = regexp.MustCompile(`(href|srcset|src|action)="[^"]*"`)
	comments = regexp.MustCompile(`(?s)\{\{/\*.*?\*/\}\}`)
	actions  = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	data     = regexp.MustCompile(`data-[a-z]+="[^"]*"`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
	spoken   = regexp.MustCompile(`(?:title|alt|placeholder|aria-label|content)="([^"]*)"`)
	said     = regexp.MustCompile(`\bt "([a-z0-9_.]+)"`)
)

// own are the few words that are the same in every language.
var own = []string{"monitord", "width=device-width, initial-scale=1, viewport-fit=cover", "light dark"}

// literals lists words that a template says without the catalogue.
func literals(template string) []string {
	s := comments.ReplaceAllString(template, "")
	s = data.ReplaceAllString(actions.ReplaceAllString(s, ""), "")
	var found []string
	look := func(words string) {
		for _, o := range own {
			words = strings.ReplaceAll(words, o, "")
		}
		if strings.ContainsFunc(words, unicode.IsLetter) {
			found = append(found, strings.TrimSpace(words))
		}
	}
	for _, m := range spoken.FindAllStringSubmatch(s, -1) {
		look(m[1])
	}
	for _, words := range strings.Split(tags.ReplaceAllString(s, "\n"), "\n") {
		look(words)
	}
	return found
}

func TestTemplatesSayNothingOutsideTheCatalogue(t *testing.T) {
	known := text.Default().IDs()
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, name := range files {
		raw, err := fs.ReadFile(templateFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range literals(string(raw)) {
			t.Errorf("%s says %q itself; put it into internal/text/catalogue/dashboards.yaml", name, words)
		}
		for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s says %s, which is not in the catalogue", name, m[1])
			}
		}
		if strings.Contains(string(raw), " style=") || strings.Contains(string(raw), " on") && regexp.MustCompile(`\son[a-z]+=`).Match(raw) {
			t.Errorf("%s has an inline style or script, which the content policy forbids", name)
		}
	}
}

func TestTheFinderOfLiteralsFindsThem(t *testing.T) {
	for in, want := range map[string]int{
		`<p>Hello</p>`: 1, `<p>{{t "page.nav"}}</p>`: 0, `<img alt="A picture">`: 1, `<p>{{.Name}} 状態</p>`: 1, `{{/* a note */}}<b> – </b>`: 0,
	} {
		if got := literals(in); len(got) != want {
			t.Errorf("literals(%q) = %q, want %d", in, got, want)
		}
	}
}

// IDs that Go puts together from a part that varies must exist for each.
func TestComposedIDsAreInTheCatalogue(t *testing.T) {
	known := text.Default().IDs()
	var want []string
	for _, s := range []sign{signCritical, signWarning, signMissed, signUnknown, signUnreachable, signPending, signOK} {
		want = append(want, s.WordID())
	}
	for k := range ranges {
		want = append(want, "page.range."+k)
	}
	for k := range kinds {
		want = append(want, "page.kind."+k)
	}
	for _, k := range []string{"cpu", "io", "memory", "load", "net", "filesystem"} {
		want = append(want, "graph."+k, "graph."+k+".unit")
	}
	for _, k := range []string{"up", "down", "unknown"} {
		want = append(want, "page.host."+k)
	}
	for _, k := range []string{"address", "groups", "parents", "templates", "system", "machine", "up", "probe"} {
		want = append(want, "page.fact."+k)
	}
	for _, k := range []string{"missed", "flapping", "hung", "downtime"} {
		want = append(want, "mark."+k)
	}
	for _, k := range []string{"what", "time", "order", "past", "minutes"} {
		want = append(want, "page.downtime.wrong."+k)
	}
	for _, c := range ruleWords {
		want = append(want, "page.downtime.rule."+c.word)
	}
	for _, k := range weekdays {
		want = append(want, "page.day."+k)
	}
	want = append(want, "page.load.15m", "page.load.24h")
	for _, k := range []string{"15m", "24h", "7d"} {
		want = append(want, "page.tab."+k)
	}
	for _, id := range append(want, "page.told.problem", "page.told.recovery") {
		if !slices.Contains(known, id) {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

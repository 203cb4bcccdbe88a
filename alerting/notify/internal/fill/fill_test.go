package fill

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/config"
)

type data struct{ Summary string }

func TestTemplatesAreFilledIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("K3Y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := map[string]config.Secret{"key": {File: path}, "gone": {File: path + "x"}}
	for source, want := range map[string]string{
		`{"s": {{json .Summary}}}`:            `{"s": "say \"hi\"\\"}`,
		`to={{urlquery .Summary}}`:            `to=say+%22hi%22%5C`,
		`{{secret "key"}}`:                    `K3Y`,
		`{{if eq .Summary "x"}}a{{end}}b`:     `b`,
		`{{secret "gone"}}`:                   `error: read secret`,
		`{{secret "other"}}`:                  `error: no secret "other" (want one of gone, key)`,
		`{{.Nope}}`:                           `error: `,
		`{{range $i := 99999999}}xxxx{{end}}`: `error: it writes more than`,
	} {
		tmpl, err := Parse(source, secrets)
		got := ""
		if err == nil {
			got, err = tmpl.Execute(data{`say "hi"\`})
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if rest, isError := strings.CutPrefix(want, "error: "); got != want && !(isError && strings.Contains(got, rest) && err != nil) {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
		if strings.Contains(got, path) && !strings.Contains(source, "gone") {
			t.Errorf("%s: shows %q", source, got)
		}
	}
}

func TestTryReadsNoSecret(t *testing.T) {
	tmpl, err := Parse(`{{secret "gone"}} {{.Summary}}`, map[string]config.Secret{"gone": {File: "/nonexistent"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Try(data{"x"}); err != nil || got != "secret x" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := tmpl.Execute(data{"x"}); err == nil {
		t.Error("the missing file was not noticed")
	}
}

func TestABrokenTemplateSaysWhere(t *testing.T) {
	for _, source := range []string{"a\n{{.Summary", "{{nope}}", "{{end}}"} {
		if _, err := Parse(source, nil); err == nil || !strings.Contains(err.Error(), "template:") {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func FuzzJSONHoldsAnyText(f *testing.F) {
	f.Add(`"}`)
	f.Add("\x00\xff\u2028\n{{.}}")
	tmpl, err := Parse(`{"s": {{json .Summary}}}`, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, err := tmpl.Execute(data{s})
		if len(s) > MaxOutput/8 {
			return
		}
		var got struct{ S string }
		if err != nil || json.Unmarshal([]byte(out), &got) != nil || got.S != string([]rune(s)) {
			t.Errorf("%q became %q (%v)", s, out, err)
		}
	})
}

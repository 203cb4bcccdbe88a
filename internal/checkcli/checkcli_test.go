package checkcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/internal/config"
	"monitord/internal/testnginx"
	"monitord/internal/text"
)

func verb(t *testing.T, types []checks.Type, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), args, types, &out, &errs)
	return code, out.String(), errs.String()
}

func TestHTTPAgainstNginxIsAPlugin(t *testing.T) {
	nginx := testnginx.New(t, testnginx.Options{})
	port := strconv.Itoa(nginx.Port)
	code, out, errs := verb(t, local.Types(), "http", "-H", "127.0.0.1", "-p", port, "--path", "/", "--contains", "all is well", "-w", "5", "-c10s")
	line := regexp.MustCompile(`^HTTP OK - http://127\.0\.0\.1:\d+/: 200 OK, 23 B in [\d.]+ (µs|ms) \| 'time'=0\.\d{6}s;5;10;0 'size'=23B;;;0 'status'=200;;\n$`)
	if code != 0 || !line.MatchString(out) || errs != "" {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
	if code, out, _ = verb(t, local.Types(), "http", "--url", nginx.URL("/no"), "--language=ja"); code != 2 || !strings.Contains(out, "ステータスは 404 Not Found です") {
		t.Errorf("code %d, %q", code, out)
	}
	if code, out, _ = verb(t, local.Types(), "http", "--url", nginx.URL("/no"), "--status", "200, 404", "-v"); code != 0 || !strings.Contains(out, "phase: first-byte") {
		t.Errorf("code %d, %q", code, out)
	}
	if code, out, _ = verb(t, local.Types(), "tcp", "-p", port, "--tls", "--no-such"); code != 3 || out != "" {
		t.Errorf("code %d, %q", code, out)
	}
	nginx.Stop()
	if code, out, _ = verb(t, local.Types(), "tcp", "-p", port); code != 2 || !strings.HasPrefix(out, "TCP CRITICAL - 127.0.0.1:"+port+" refuses") {
		t.Errorf("code %d, %q", code, out)
	}
}

func TestTimeoutEndsTheCheck(t *testing.T) {
	port := strconv.Itoa(testnginx.Bad(t, testnginx.Silent))
	start := time.Now()
	code, out, _ := verb(t, local.Types(), "http", "-p", port, "-t", "0.3")
	if code != 2 || !strings.Contains(out, "first byte of the answer") || time.Since(start) > 2*time.Second {
		t.Errorf("code %d after %s, %q", code, time.Since(start), out)
	}
}

func TestWrongUsageIsUnknownWithTheReasonOnStderr(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "usage: check TYPE"},
		{[]string{"nosuch"}, "types: ping tcp"},
		{[]string{"tcp"}, "port: got 0"},
		{[]string{"tcp", "-p", "x"}, "--port: wrong type (got x; want a whole number"},
		{[]string{"tcp", "-p"}, "wants a value"},
		{[]string{"tcp", "-p", "1", "--typo", "x"}, "unknown option --typo"},
		{[]string{"tcp", "-p", "1", "stray"}, "unexpected argument"},
		{[]string{"tcp", "-p", "1", "-w", "banana"}, "threshold"},
		{[]string{"tcp", "-p", "1", "-t", "-5"}, "timeout"},
		{[]string{"tcp", "-p", "1", "--language", "fr"}, "language"},
		{[]string{"http", "--headers", "novalue"}, "Name: value"},
		{[]string{"ping", "-w", "x"}, "threshold"},
	} {
		code, out, errs := verb(t, local.Types(), tt.args...)
		if code != 3 || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %q", tt.args, code, out, errs, tt.want)
		}
	}
}

func TestHelpListsEveryOption(t *testing.T) {
	for _, typ := range local.Types() {
		code, out, _ := verb(t, local.Types(), typ.Name, "--help")
		if code != 0 {
			t.Errorf("%s: code %d", typ.Name, code)
		}
		for _, k := range config.Keys(typ.NewConfig()) {
			if !strings.Contains(out, k.Name+":") {
				t.Errorf("%s --help does not list %s", typ.Name, k.Name)
			}
		}
	}
	if code, out, _ := verb(t, local.Types(), "--help"); code != 0 || !strings.Contains(out, "http") {
		t.Errorf("code %d, %q", code, out)
	}
}

// canned is a type that answers what a test wants.
type canned struct {
	results []checks.Result
	err     error
}

func (c canned) Run(context.Context, checks.Target) ([]checks.Result, error) { return c.results, c.err }

// options are one of each form.
type options struct {
	Text   string            `yaml:"text"`
	Number int               `yaml:"number"`
	Switch bool              `yaml:"some_switch"`
	List   []string          `yaml:"list"`
	Map    map[string]string `yaml:"map"`
	Secret config.Secret     `yaml:"password"`
	Span   time.Duration     `yaml:"span"`
	Limit  *checks.Threshold `yaml:"critical"`
}

func (*options) Validate() error { return nil }

func fake(c canned, got **options) []checks.Type {
	return []checks.Type{{Name: "fake", Summary: "tcp.type", NewConfig: func() checks.Config { return &options{Switch: true} },
		New: func(cfg checks.Config, _ checks.Deps) (checks.Check, error) { *got = cfg.(*options); return c, nil }}}
}

func TestEachFormOfOptionMeansWhatItsKeyMeans(t *testing.T) {
	var got *options
	code, _, errs := verb(t, fake(canned{}, &got), "fake", "--text", "0x10: {[\"'\n", "--number=7", "--some-switch=false", "--list", "a, b", "--list=c",
		"--map", "A: x: y", "--map", "B: ", "--password-file", "/p", "--span", "90s", "-c", "@5%:10%")
	if code != 3 || errs != "" { // no result is UNKNOWN
		t.Fatalf("code %d, %q", code, errs)
	}
	want := options{Text: "0x10: {[\"'\n", Number: 7, List: []string{"a", "b", "c"}, Map: map[string]string{"A": "x: y", "B": ""},
		Secret: config.Secret{File: "/p"}, Span: 90 * time.Second}
	limit := got.Limit
	got.Limit = nil
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if !bytes.Equal(g, w) {
		t.Errorf("got %s; want %s", g, w)
	}
	if limit == nil || limit.Range != (checks.Range{Start: 0.05, End: 0.1, Inside: true}) {
		t.Errorf("limit %+v", limit)
	}
}

func TestOutputIsSafeForNagios(t *testing.T) {
	var got *options
	c := canned{results: []checks.Result{
		{Item: "/", State: checks.Warning, Summary: text.Verbatim("a|b\nc"), Perf: []checks.Perf{
			{Label: "it's=bad", Value: 0.935, Unit: checks.UnitRatio, Warn: &checks.Range{End: 0.9}},
			{Label: "n", Value: 3, Unit: checks.UnitCount},
		}},
		{Item: "/var", State: checks.Unknown, Summary: text.Verbatim("no"), Evidence: []byte("x|y\x00")},
	}}
	code, out, _ := verb(t, fake(c, &got), "fake", "-v")
	want := "FAKE WARNING - /: a¦b c | '/ its_bad'=93.5%;90;;0;100 '/ n'=3c;;\n/var: no\nanswer: \"x¦y\\x00\"\n"
	if code != 1 || out != want {
		t.Errorf("code %d\ngot  %q\nwant %q", code, out, want)
	}
}

func TestJSONHoldsTheWholeResult(t *testing.T) {
	var got *options
	c := canned{results: []checks.Result{{State: checks.Critical, Reason: checks.ReasonDNS, Summary: text.Verbatim("gone"),
		Phases: []checks.Phase{{Name: "dns", Took: 1500 * time.Millisecond}}}}}
	code, out, _ := verb(t, fake(c, &got), "fake", "--json", "-H", "h")
	want := `{"type":"fake","host":"h","state":"CRITICAL","results":[{"state":"CRITICAL","reason":"dns","text":"gone","phases":[{"name":"dns","seconds":1.5}]}]}` + "\n"
	if code != 2 || out != want {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestErrorsAndPanicsAreUnknown(t *testing.T) {
	var got *options
	if code, out, _ := verb(t, fake(canned{err: errors.New("no store")}, &got), "fake"); code != 3 || !strings.HasPrefix(out, "FAKE UNKNOWN - the check itself failed: no store") {
		t.Errorf("code %d, %q", code, out)
	}
	panics := []checks.Type{{Name: "fake", NewConfig: func() checks.Config { return &options{} },
		New: func(checks.Config, checks.Deps) (checks.Check, error) { return nil, nil }}} // a nil check
	if code, out, _ := verb(t, panics, "fake"); code != 3 || !strings.Contains(out, "panicked") {
		t.Errorf("code %d, %q", code, out)
	}
}

// Infinity is no JSON number: a range without an end must not break --json.
func TestOpenRangesAreJSON(t *testing.T) {
	var got *options
	limit, _ := checks.ParseRange("10:")
	c := canned{results: []checks.Result{{State: checks.OK, Perf: []checks.Perf{{Label: "x", Crit: &limit}}}}}
	if code, out, _ := verb(t, fake(c, &got), "fake", "--json"); code != 0 || !strings.Contains(out, `"crit":"10:"`) {
		t.Errorf("code %d, %q", code, out)
	}
}

func FuzzParseArgs(f *testing.F) {
	f.Add("-H\x00h\x00-p\x001\x00--tls\x00--expect=x")
	f.Add("--headers\x00a: b\x00-w\x00@1:2")
	f.Fuzz(func(t *testing.T, line string) {
		for _, typ := range local.Types() {
			parse(typ, strings.Split(line, "\x00")) //nolint:errcheck // it must not panic, no more
		}
	})
}

func TestSecretsAreNotTakenFromTheCommandLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "absent")
	code, out, _ := verb(t, local.Types(), "http", "--username", "u", "--password-file", file)
	if code != 3 || !strings.Contains(out, "read secret") {
		t.Errorf("code %d, %q", code, out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
}

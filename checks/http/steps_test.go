package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

// shop is a server with a login: a form with a token, a session cookie, a
// redirect, and an API.
func shop(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	in := func(r *http.Request) bool { c, err := r.Cookie("session"); return err == nil && c.Value == "s/1 x" }
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "pre", Value: "p", Path: "/login"})
		fmt.Fprint(w, `<input name="csrf" value="tok&en+1"><p>`, strings.Repeat("x", 100))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("pre"); err != nil || c.Value != "p" || r.FormValue("csrf") != "tok&en+1" || r.FormValue("password") != "geheim" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s/1 x", Path: "/"})
		http.Redirect(w, r, "/home", http.StatusFound)
	})
	mux.HandleFunc("GET /home", func(w http.ResponseWriter, r *http.Request) {
		if !in(r) {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Next", "/api/orders?state=open")
		fmt.Fprint(w, "Welcome")
	})
	mux.HandleFunc("GET /api/orders", func(w http.ResponseWriter, r *http.Request) {
		if !in(r) || r.FormValue("state") != "open" {
			http.Error(w, "{}", http.StatusForbidden)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"count": 1.10, "ok": true, "items": []any{map[string]any{"id": "a b/7", "odd name": nil}}})
	})
	mux.HandleFunc("GET /api/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.PathValue("id"), r.URL.Query().Get("q"), r.Header.Get("X-Token"))
	})
	mux.HandleFunc("PUT /keep", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/kept", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("PUT /kept", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "kept ", r.ContentLength) })
	mux.HandleFunc("GET /early", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		fmt.Fprint(w, "late")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func secretFile(t *testing.T, content string) config.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: path}
}

// story is the whole way through the shop.
func story(t *testing.T, server *httptest.Server) Config {
	cfg := DefaultConfig()
	cfg.URL = server.URL
	cfg.Secrets = map[string]config.Secret{"password": secretFile(t, "geheim\n")}
	cfg.Steps = []Step{
		{Name: "page", URL: "/login", Capture: map[string]Capture{"csrf": {Regexp: `name="csrf" value="([^"]+)"`}}},
		{Name: "login", URL: "/login", Form: map[string]string{"password": "${password}", "csrf": "${csrf}"}, Contains: "Welcome", Capture: map[string]Capture{"next": {Header: "X-Next"}}},
		{Name: "orders", URL: "${next}", JSONPath: "$.items[-1]['id']", JSONValue: "a b/7", Capture: map[string]Capture{"id": {JSON: "$.items[0].id"}}},
		{Name: "order", URL: "/api/orders/${id}?q=${id}", Headers: map[string]string{"X-Token": "${csrf}"}, Contains: "a b/7 a b/7 tok&en+1"},
	}
	return cfg
}

func TestStepsCarryCookiesAndCapturedValues(t *testing.T) {
	r := ask(t, story(t, shop(t)), "127.0.0.1")
	if r.State != checks.OK || r.Summary.ID != "http.steps" {
		t.Fatalf("got %s %+v\n%s", r.State, r.Summary, r.Evidence)
	}
	var labels []string
	for _, p := range r.Perf {
		labels = append(labels, p.Label)
	}
	if got := strings.Join(labels, " "); got != "time size status step1 step2 step3 step4" {
		t.Errorf("perf %s", got)
	}
}

func TestAStepThatFailsEndsTheRunAndIsNamed(t *testing.T) {
	server := shop(t)
	for name, tt := range map[string]struct {
		change func(*Config)
		reason checks.Reason
		says   string
	}{
		"wrong password":    {func(c *Config) { c.Secrets["password"] = secretFile(t, "wrong") }, checks.ReasonAuth, "step 2 login: " + server.URL + "/login answers 403"},
		"nothing captured":  {func(c *Config) { c.Steps[0].Capture["csrf"] = Capture{Regexp: "nosuch"} }, checks.ReasonContent, "step 1 page: " + server.URL + "/login does not hold the value csrf"},
		"another value":     {func(c *Config) { c.Steps[2].JSONValue = "x" }, checks.ReasonContent, `step 3 orders: ` + server.URL + `/api/orders?%E2%80%A6: $.items[-1]['id'] is "a b/7"; wanted is "x"`},
		"no such value":     {func(c *Config) { c.Steps[2].JSONPath = "$.items[3]" }, checks.ReasonContent, "there is no such value"},
		"no JSON":           {func(c *Config) { c.Steps[0].JSONPath = "$" }, checks.ReasonContent, "no JSON"},
		"unknown page":      {func(c *Config) { c.Steps[3].URL = "/x${csrf}" }, checks.ReasonStatus, "/x‹csrf›"},
		"server goes away":  {func(c *Config) { c.Steps[1].URL = "http://127.0.0.1:1/" }, checks.ReasonConnect, "step 2 login: 127.0.0.1:1 refuses"},
		"too small":         {func(c *Config) { c.Steps[1].SizeMin = 8 }, checks.ReasonContent, "7 B"},
		"too big":           {func(c *Config) { c.Steps[0].SizeMax = 50 }, checks.ReasonContent, "wanted is 0 B to 50 B"},
		"slow all together": {func(c *Config) { c.Critical = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, checks.ReasonThreshold, "took"},
	} {
		cfg := story(t, server)
		tt.change(&cfg)
		r := ask(t, cfg, "127.0.0.1")
		said := text.Default().Render(text.English, nil, r.Summary)
		said = strings.ReplaceAll(said, "?…", "?%E2%80%A6")
		if r.State != checks.Critical || r.Reason != tt.reason || !strings.Contains(said, tt.says) || strings.Contains(said, "geheim") || strings.Contains(said, "tok&en") {
			t.Errorf("%s: got %s %q %q; want %q %q", name, r.State, r.Reason, said, tt.reason, tt.says)
		}
	}
}

func TestSingleRequestsWithFormsJSONAndSize(t *testing.T) {
	server := shop(t)
	for name, tt := range map[string]struct {
		path   string
		change func(*Config)
		state  checks.State
	}{
		"form":            {"/login", func(c *Config) { c.Form = map[string]string{"a": "b"} }, checks.Critical}, // POST, refused
		"307 keeps body":  {"/keep", func(c *Config) { c.Method, c.Body, c.Contains = "PUT", "12345", "kept 5" }, checks.OK},
		"early hints":     {"/early", func(c *Config) { c.Contains = "late" }, checks.OK},
		"size":            {"/early", func(c *Config) { c.SizeMin, c.SizeMax = 4, 4 }, checks.OK},
		"HEAD":            {"/early", func(c *Config) { c.Method = "HEAD" }, checks.OK},
		"unknown ${name}": {"/keep", func(c *Config) { c.Method, c.Body, c.Contains = "PUT", "${x}", "kept 4" }, checks.OK},
	} {
		cfg := DefaultConfig()
		cfg.URL = server.URL + tt.path
		tt.change(&cfg)
		if r := ask(t, cfg, "127.0.0.1"); r.State != tt.state {
			t.Errorf("%s: got %s %s: %s", name, r.State, r.Summary.ID, r.Evidence)
		}
	}
}

func TestAPasswordIsNotSentToAnotherHost(t *testing.T) {
	var seen string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization") + r.Header.Get("Cookie")
	}))
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	}))
	defer first.Close()
	cfg := DefaultConfig()
	cfg.URL, cfg.Family, cfg.Username, cfg.Password = first.URL, "ip4", "u", secretFile(t, "geheim")
	if r := ask(t, cfg, "127.0.0.1"); r.State != checks.OK || seen != "" {
		t.Errorf("%s, the other host got %q", r.State, seen)
	}
}

// A probe gets its configuration as JSON.
func TestStepsSurviveTheWayToAProbe(t *testing.T) {
	want := story(t, shop(t))
	raw, err := config.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	got := DefaultConfig()
	if err := config.DecodeBytes("assignment", raw, &got); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if r := ask(t, got, "127.0.0.1"); r.State != checks.OK || r.Summary.ID != "http.steps" {
		t.Errorf("got %s %s", r.State, r.Summary.ID)
	}
}

func TestFaultsOfStepsAreReported(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Contains = "x"
	cfg.Secrets = map[string]config.Secret{"a-b": {}}
	cfg.Steps = []Step{
		{URL: "/${later}", Body: "x", Form: map[string]string{"a": "b"}, Regexp: "(", JSONValue: "x", SizeMin: 5, SizeMax: 4},
		{Method: "A B", JSONPath: "a", Status: StatusSet{"x"}, Headers: map[string]string{"A\n": ""}, Capture: map[string]Capture{"later": {Regexp: "x", Header: "y"}, "ok": {JSON: "$.a[x]"}}},
	}
	err := cfg.Validate()
	for _, want := range []string{"secrets.a-b: ", "steps: stand beside", "steps[0].form: ", "steps[0].regexp: ", "steps[0].json_path: ", "steps[0].size_max: ",
		"steps[0]: ${later}", "steps[1].method: ", "steps[1].json_path: ", "steps[1].status[0]: ", "steps[1].headers.A", "steps[1].capture.later: ", "steps[1].capture.ok: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

func TestPathsFindOneValue(t *testing.T) {
	body := []byte(`{"a":{"b":[1,{"c d":"x"},true,null,1.10]},"":7,"é":"y"}`)
	for path, want := range map[string]string{
		"$.a.b[0]": "1", "$.a.b[1]['c d']": "x", `$["a"]["b"][-1]`: "1.10", "$.a.b[2]": "true", "$.a.b[3]": "null", "$['']": "7", "$.é": "y",
		"$.a.b[9]": "!", "$.a.x": "!", "$.a[0]": "!", "$.a.b.c": "!", "$.a.b[-6]": "!",
	} {
		p, err := parseJSONPath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := p.find(body); got != want && (want != "!" || err == nil) {
			t.Errorf("%s: got %q, %v; want %q", path, got, err, want)
		}
	}
	for _, bad := range []string{"a", "$a", "$.", "$..a", "$[", "$[x]", "$['a", "$.*", "$.a b"} {
		if p, err := parseJSONPath(bad); err == nil {
			t.Errorf("%q is read as %v", bad, p)
		}
	}
}

func FuzzJSONPath(f *testing.F) {
	f.Add("$.a[0]['b']", []byte(`{"a":[{"b":1}]}`))
	f.Add("$[-1]", []byte(`[1,[2]`))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		p, err := parseJSONPath(path)
		if err != nil || len(body) > 1<<16 {
			return
		}
		if got, err := p.find(body); err == nil && len(got) > 6*len(body)+8 {
			t.Errorf("%d bytes out of %d", len(got), len(body))
		}
	})
}

func TestARunWithoutTimeEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}))
	defer server.Close()
	cfg := DefaultConfig()
	cfg.Steps = []Step{{URL: server.URL}, {URL: server.URL}}
	if r := ask(t, cfg, "127.0.0.1"); r.Reason != checks.ReasonTimeout || lastPhase(r) != "first-byte" {
		t.Errorf("got %q in %q", r.Reason, lastPhase(r))
	}
}

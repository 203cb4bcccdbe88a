package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

// step is a Step ready to be asked.
type step struct {
	Step
	regexp  *regexp.Regexp // nil when none is configured
	json    jsonPath       // nil when none is configured
	capture []capture      // by name
}

// capture is a Capture ready to be used.
type capture struct {
	name, header string
	regexp       *regexp.Regexp
	json         jsonPath
}

// single is the one step of a configuration without steps.
func (c *Config) single() Step {
	return Step{
		Method: c.Method, Body: c.Body, Form: c.Form, Status: c.Status, Contains: c.Contains, NotContains: c.NotContains,
		Regexp: c.Regexp, JSONPath: c.JSONPath, JSONValue: c.JSONValue, SizeMin: c.SizeMin, SizeMax: c.SizeMax,
	}
}

// all is the steps with their defaults.
func (c *Config) all() []Step {
	if len(c.Steps) == 0 {
		return []Step{c.single()}
	}
	out := slices.Clone(c.Steps)
	for i := range out {
		s := &out[i]
		if s.Method == "" && (len(s.Form) > 0 || s.Body != "") {
			s.Method = http.MethodPost
		}
		if s.Method == "" {
			s.Method = http.MethodGet
		}
		if len(s.Status) == 0 {
			s.Status = c.Status
		}
	}
	return out
}

// compile makes the steps of a valid configuration.
func compile(cfg *Config) ([]*step, error) {
	var out []*step
	for _, s := range cfg.all() {
		one := &step{Step: s}
		if len(s.Form) > 0 && one.Method == http.MethodGet {
			one.Method = http.MethodPost
		}
		var err error
		if s.Regexp != "" {
			if one.regexp, err = regexp.Compile(s.Regexp); err != nil {
				return nil, err
			}
		}
		if one.json, err = parseJSONPath(s.JSONPath); err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(s.Capture)) {
			from := s.Capture[name]
			c := capture{name: name, header: from.Header}
			if from.Regexp != "" {
				if c.regexp, err = regexp.Compile(from.Regexp); err != nil {
					return nil, err
				}
			}
			if c.json, err = parseJSONPath(from.JSON); err != nil {
				return nil, err
			}
			one.capture = append(one.capture, c)
		}
		out = append(out, one)
	}
	return out, nil
}

// readSecrets makes the secrets of the configuration known as ${name}.
func (c *Check) readSecrets(r *run) error {
	for name, secret := range c.cfg.Secrets {
		value, err := secret.Read()
		if err != nil {
			return err
		}
		r.set(name, value)
	}
	return nil
}

func (r *run) set(name, value string) {
	if r.vars == nil {
		r.vars = map[string]string{}
	}
	r.vars[name] = value
}

var variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// expand replaces ${name} by its value, written by escape; an unknown one stays.
func (r *run) expand(s string, escape func(string) string) string {
	if r.vars == nil || !strings.Contains(s, "${") {
		return s
	}
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		v, ok := r.vars[m[2:len(m)-1]]
		if !ok {
			return m
		}
		return escape(v)
	})
}

func plain(s string) string { return s }

// oneLine keeps a captured value from adding header lines of its own.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return -1
		}
		return c
	}, s)
}

// where is the URL of a step: relative ones continue the check's own.
func (c *Check) where(r *run, s *step) (*url.URL, error) {
	base, err := url.Parse(c.address(r.target))
	if err != nil || s.URL == "" {
		return base, err
	}
	path, query, hasQuery := strings.Cut(s.URL, "?")
	to := r.expand(path, url.PathEscape)
	if variable.FindString(s.URL) == s.URL { // the whole of it, such as a captured Location
		to = r.expand(s.URL, plain)
	}
	if hasQuery {
		to += "?" + r.expand(query, url.QueryEscape)
	}
	return base.Parse(to)
}

// request builds a step's request. The error is a password file that cannot be
// read, or an address that makes no URL.
func (c *Check) request(r *run, s *step) (*http.Request, error) {
	u, err := c.where(r, s)
	if err != nil {
		return nil, fmt.Errorf("http request: %w", err)
	}
	req := &http.Request{Method: s.Method, URL: u, Header: make(http.Header, 4), Close: true, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	req.Header.Set("User-Agent", "monitord")
	body := r.expand(s.Body, plain)
	if len(s.Form) > 0 {
		form := url.Values{}
		for name, value := range s.Form {
			form.Set(name, r.expand(value, plain))
		}
		body = form.Encode()
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if body != "" {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		req.Body, _ = req.GetBody() // as it stands there: never an error
	}
	for _, headers := range []map[string]string{c.cfg.Headers, s.Headers} {
		for name, value := range headers {
			value = r.expand(value, oneLine)
			if http.CanonicalHeaderKey(name) == "Host" {
				req.Host = value
				continue
			}
			req.Header.Set(name, value)
		}
	}
	return req, c.authorize(req)
}

func (c *Check) authorize(req *http.Request) (err error) {
	if c.cfg.Username == "" {
		return nil
	}
	password := ""
	if !c.cfg.Password.IsZero() {
		if password, err = c.cfg.Password.Read(); err != nil {
			return err
		}
	}
	req.SetBasicAuth(c.cfg.Username, password)
	return nil
}

// step asks one step, judges its answer and captures from it.
func (c *Check) step(ctx context.Context, r *run, s *step) (stepResult, error) {
	out := stepResult{name: s.Name}
	req, err := c.request(r, s)
	if err != nil {
		return out, err
	}
	r.redirect = nil
	a, u, err := c.ask(ctx, r, req)
	if err != nil {
		result := c.failure(r, u, err)
		out.failed, out.state = &result, checks.Critical
		if a.resp != nil {
			out.evidence = evidence(a.resp, a.body)
		}
		return out, nil
	}
	out.answer, out.finding = a, c.judge(r, s, a)
	if out.state != checks.Critical {
		if f := s.take(r, a); f.state.Worse(out.state) {
			out.finding = f
		}
	}
	return out, nil
}

// take captures what later steps need.
func (s *step) take(r *run, a answer) finding {
	for _, c := range s.capture {
		value, err := c.from(a)
		if err != nil {
			return finding{checks.Critical, checks.ReasonContent, text.M("http.capture", text.Str("url", r.shown(a)), text.Str("name", c.name))}
		}
		r.set(c.name, value)
	}
	return finding{}
}

var errNothing = errors.New("nothing captured")

func (c capture) from(a answer) (string, error) {
	switch {
	case c.header != "":
		if v := a.resp.Header.Get(c.header); v != "" {
			return v, nil
		}
	case c.json != nil:
		return c.json.find(a.body)
	case c.regexp != nil:
		if m := c.regexp.FindSubmatch(a.body); m != nil {
			return string(m[min(1, len(m)-1)]), nil
		}
	}
	return "", errNothing
}

var captureName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validateSteps reports the faults of the request, or of each step.
func (c *Config) validateSteps() error {
	faults := []error{c.Status.validate("status"), c.single().validate("", c.MaxBody, nil), validHeaders("headers", c.Headers)}
	known := map[string]bool{}
	for name := range c.Secrets {
		known[name] = true
		if !captureName.MatchString(name) {
			faults = append(faults, config.Faultf("secrets."+name, "is no name that ${name} can hold"))
		}
	}
	if len(c.Steps) > 0 && (c.Contains+c.NotContains+c.Regexp+c.JSONPath+c.Body != "" || len(c.Form) > 0 || c.SizeMin+c.SizeMax > 0) {
		faults = append(faults, config.Faultf("steps", "stand beside content, body or size of a single request; want those in the steps"))
	}
	for i, s := range c.all() {
		if len(c.Steps) > 0 {
			at := fmt.Sprintf("steps[%d].", i)
			faults = append(faults, s.validate(at, c.MaxBody, known), s.Status.validate(at+"status"), validHeaders(at+"headers", s.Headers))
		}
	}
	return errors.Join(faults...)
}

func validHeaders(at string, headers map[string]string) error {
	var faults []error
	for name, value := range headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			faults = append(faults, config.Faultf(at+"."+name, "is no header that HTTP allows"))
		}
	}
	return errors.Join(faults...)
}

// validate reports a step's faults; known holds the names that ${name} may have
// and gets the step's own. nil knows all.
func (s Step) validate(at string, maxBody int, known map[string]bool) error {
	var faults []error
	bad := func(key, format string, args ...any) { faults = append(faults, config.Faultf(at+key, format, args...)) }
	if !httpguts.ValidHeaderFieldName(s.Method) { // both are RFC 9110 tokens
		bad("method", "got %q; want a method such as GET or HEAD", s.Method)
	}
	if _, err := regexp.Compile(s.Regexp); err != nil {
		bad("regexp", "%v", err)
	}
	if _, err := parseJSONPath(s.JSONPath); err != nil {
		bad("json_path", "%v", err)
	}
	if s.JSONValue != "" && s.JSONPath == "" {
		bad("json_path", "is missing beside json_value")
	}
	if s.Body != "" && len(s.Form) > 0 {
		bad("form", "stands beside body; want one of them")
	}
	if s.SizeMin < 0 || s.SizeMin > maxBody {
		bad("size_min", "got %d; want 0 to max_body (%d)", s.SizeMin, maxBody)
	}
	if s.SizeMax < 0 || s.SizeMax > maxBody || s.SizeMax > 0 && s.SizeMax < s.SizeMin {
		bad("size_max", "got %d; want 0 (no limit), or size_min to max_body (%d)", s.SizeMax, maxBody)
	}
	if known != nil {
		texts := append(slices.Collect(maps.Values(s.Headers)), slices.Collect(maps.Values(s.Form))...)
		for _, text := range append(texts, s.URL, s.Body) {
			for _, m := range variable.FindAllString(text, -1) {
				if !known[m[2:len(m)-1]] {
					faults = append(faults, config.Faultf(strings.TrimSuffix(at, "."), "%s is captured by no step before it and is no secret", m))
				}
			}
		}
	}
	for name, c := range s.Capture {
		set := 0
		for _, v := range []string{c.Regexp, c.JSON, c.Header} {
			if v != "" {
				set++
			}
		}
		_, errRegexp := regexp.Compile(c.Regexp)
		_, errJSON := parseJSONPath(c.JSON)
		switch err := errors.Join(errRegexp, errJSON); {
		case set != 1 || !captureName.MatchString(name):
			bad("capture."+name, "want NAME: with one of regexp, json or header")
		case err != nil:
			bad("capture."+name, "%v", err)
		case known != nil:
			known[name] = true
		}
	}
	return errors.Join(faults...)
}

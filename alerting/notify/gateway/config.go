package gateway

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/fill"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
)

// Sample is the part of the configuration file that these channels read: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section sms or voice; sample.yaml says what each key decides.
type Config struct {
	Post    webpost.Endpoint         `yaml:",inline"`
	Method  string                   `yaml:"method"` // empty: POST, or GET when there is neither form nor json
	Query   map[string]string        `yaml:"query"`  // templates over Data
	Form    map[string]string        `yaml:"form"`
	JSON    string                   `yaml:"json"`
	Secrets map[string]config.Secret `yaml:"secrets"`
	Success string                   `yaml:"success"` // expression that the answer must match; empty: the status decides
	Refused string                   `yaml:"refused"` // expression of answers after which trying again is useless
}

// Data is what the templates are filled in with.
type Data struct {
	notify.Fields
	Number string // as the contact has it: +819012345678
	Digits string // without the plus sign
	Text   string // what to send, or to say
}

// DefaultConfig has no gateway.
func DefaultConfig() Config { return Config{} }

// Validate reports every fault; it touches neither network nor files. A section
// without a URL is valid: it means that there is no such channel.
func (c *Config) Validate() error {
	if !c.Post.Configured() {
		return nil
	}
	faults := []error{c.Post.Validate()}
	switch c.method() {
	case http.MethodGet, http.MethodPost, http.MethodPut:
	default:
		faults = append(faults, config.Faultf("method", "got %q; want GET, POST or PUT", c.Method))
	}
	if len(c.Form) > 0 && c.JSON != "" {
		faults = append(faults, config.Faultf("json", "stands beside form; want one of them"))
	}
	if c.method() == http.MethodGet && (len(c.Form) > 0 || c.JSON != "") {
		faults = append(faults, config.Faultf("method", "got GET, which has no body; want POST, or query in place of form and json"))
	}
	for name, secret := range c.Secrets {
		if secret.IsZero() {
			faults = append(faults, config.Faultf(config.KeyPath("secrets", name), "want {file: PATH}"))
		}
	}
	for path, expr := range map[string]string{"success": c.Success, "refused": c.Refused} {
		if _, err := regexp.Compile(expr); err != nil {
			faults = append(faults, config.Faultf(path, "%v", err))
		}
	}
	return errors.Join(append(faults, c.validateTemplates())...)
}

func (c *Config) method() string {
	switch {
	case c.Method != "":
		return c.Method
	case len(c.Form) == 0 && c.JSON == "":
		return http.MethodGet
	}
	return http.MethodPost
}

// trickyData has an unmistakable number and text.
func trickyData() Data {
	f := notify.TrickyFields()
	return Data{Fields: f, Number: "+819012345678", Digits: "819012345678", Text: f.Summary}
}

func (c *Config) validateTemplates() error {
	t, err := c.templates()
	if err != nil {
		return err
	}
	var faults []error
	try := func(path string, one *fill.Template) {
		if out, err := one.Try(trickyData()); err != nil {
			faults = append(faults, config.Faultf(path, "%v", err))
		} else if path == "json" && !json.Valid([]byte(out)) {
			faults = append(faults, config.Faultf(path, "makes no valid JSON of a text with quotes (write {{json .Text}}, without quotes around it)"))
		}
	}
	for name, one := range t.query {
		try(config.KeyPath("query", name), one)
	}
	for name, one := range t.form {
		try(config.KeyPath("form", name), one)
	}
	if t.json != nil {
		try("json", t.json)
	}
	return errors.Join(faults...)
}

// templates are the parsed templates of a section.
type templates struct {
	query, form map[string]*fill.Template
	json        *fill.Template // nil: none
}

func (c *Config) templates() (templates, error) {
	var faults []error
	parse := func(path, source string) *fill.Template {
		t, err := fill.Parse(source, c.Secrets)
		if err != nil {
			faults = append(faults, config.Faultf(path, "%v", err))
		}
		return t
	}
	all := func(path string, sources map[string]string) map[string]*fill.Template {
		parsed := map[string]*fill.Template{}
		for name, source := range sources {
			parsed[name] = parse(config.KeyPath(path, name), source)
		}
		return parsed
	}
	t := templates{query: all("query", c.Query), form: all("form", c.Form)}
	if c.JSON != "" {
		t.json = parse("json", c.JSON)
	}
	return t, errors.Join(faults...)
}

// number is E.164 in international form: a plus sign and 7 to 15 digits.
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// CheckNumber refuses what is no number in international form.
func CheckNumber(to string) error {
	if !number.MatchString(to) {
		return fmt.Errorf("not a telephone number in international form (got %q; want one such as +819012345678)", to)
	}
	return nil
}

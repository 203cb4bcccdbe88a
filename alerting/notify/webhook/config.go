package webhook

import (
	_ "embed"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/fill"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section webhook: endpoints by name.
type Config map[string]Endpoint

// Endpoint is one receiver; sample.yaml says what each key decides.
type Endpoint struct {
	Post          webpost.Endpoint         `yaml:",inline"`
	Method        string                   `yaml:"method"`       // POST, PUT or PATCH; empty: POST
	ContentType   string                   `yaml:"content_type"` // of the body; empty: application/json
	Body          string                   `yaml:"body"`         // template over notify.Fields; empty: everything as JSON
	Secrets       map[string]config.Secret `yaml:"secrets"`      // for {{secret "name"}}
	SigningSecret config.Secret            `yaml:"signing_secret"`
}

// DefaultConfig has no endpoint.
func DefaultConfig() Config { return Config{} }

// Validate checks the names.
func (c Config) Validate() error { return notify.NamesValid(c) }

// Validate reports every fault; it touches neither network nor files. A template
// is tried on texts with quotes and line breaks.
func (e *Endpoint) Validate() error {
	faults := []error{e.Post.Validate()}
	switch e.Method {
	case "", http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		faults = append(faults, config.Faultf("method", "got %q; want POST, PUT or PATCH", e.Method))
	}
	if _, _, err := mime.ParseMediaType(e.contentType()); err != nil {
		faults = append(faults, config.Faultf("content_type", "got %q; want a type such as application/json", e.ContentType))
	}
	for name, secret := range e.Secrets {
		if secret.IsZero() {
			faults = append(faults, config.Faultf(config.KeyPath("secrets", name), "want {file: PATH}"))
		}
	}
	return errors.Join(append(faults, e.validateBody())...)
}

func (e *Endpoint) validateBody() error {
	if e.Body == "" {
		return nil
	}
	t, err := fill.Parse(e.Body, e.Secrets)
	if err != nil {
		return config.Faultf("body", "%v", err)
	}
	out, err := t.Try(notify.TrickyFields())
	if err != nil {
		return config.Faultf("body", "%v", err)
	}
	if e.wantsJSON() && !json.Valid([]byte(out)) {
		return config.Faultf("body", "makes no valid JSON of a text with quotes (write {{json .Summary}}, without quotes around it, or set content_type)")
	}
	return nil
}

func (e *Endpoint) contentType() string {
	if e.ContentType == "" {
		return "application/json"
	}
	return e.ContentType
}

// wantsJSON says whether the body must be JSON (RFC 8259; +json: RFC 6839).
func (e *Endpoint) wantsJSON() bool {
	kind, _, _ := mime.ParseMediaType(e.contentType())
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

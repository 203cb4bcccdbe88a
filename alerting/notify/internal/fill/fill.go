// Package fill fills in the templates of messages that an operator writes for
// webhooks and gateways: Go's text/template, with two more functions:
//
//	{{json .Summary}}     the value as JSON, quotes included
//	{{secret "name"}}     a secret of the section, read when it is needed
//
// A template can also use {{urlquery .Text}} and the others of text/template.
// What it writes is bounded.
package fill

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"monitord/internal/config"
)

// MaxOutput bounds what a template writes, in bytes.
const MaxOutput = 256 << 10

// Template is one text with places to fill in. It is safe for concurrent use.
type Template struct {
	parsed  *template.Template
	secrets map[string]config.Secret
}

// Parse reads a template. Its error says where it is wrong.
func Parse(source string, secrets map[string]config.Secret) (*Template, error) {
	t := &Template{secrets: secrets}
	var err error
	t.parsed, err = template.New("template").Option("missingkey=error").Funcs(template.FuncMap{"json": asJSON, "secret": t.secret}).Parse(source)
	if err != nil {
		return nil, plain(err)
	}
	return t, nil
}

// Execute fills in.
func (t *Template) Execute(data any) (string, error) {
	w := limited{}
	if err := t.parsed.Execute(&w, data); err != nil {
		return "", plain(err)
	}
	return w.String(), nil
}

// Try fills in without reading secrets, which are replaced by a word: it finds
// unknown fields when a configuration is checked.
func (t *Template) Try(data any) (string, error) {
	copied, err := t.parsed.Clone()
	if err != nil {
		return "", err
	}
	tried := Template{parsed: copied.Funcs(template.FuncMap{"secret": t.known})}
	return tried.Execute(data)
}

// plain leaves out what text/template says first, twice.
func plain(err error) error {
	return errors.New(strings.TrimPrefix(err.Error(), "template: "))
}

func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func (t *Template) secret(name string) (string, error) {
	if _, err := t.known(name); err != nil {
		return "", err
	}
	return t.secrets[name].Read()
}

func (t *Template) known(name string) (string, error) {
	if _, ok := t.secrets[name]; !ok {
		return "", fmt.Errorf("no secret %q (want one of %s)", name, strings.Join(slices.Sorted(maps.Keys(t.secrets)), ", "))
	}
	return "secret", nil
}

// limited is a buffer with an end.
type limited struct{ bytes.Buffer }

var errTooLong = fmt.Errorf("it writes more than %d bytes", MaxOutput)

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > MaxOutput {
		return 0, errTooLong
	}
	return l.Buffer.Write(b)
}

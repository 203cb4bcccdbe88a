package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/fill"
	"monitord/alerting/notify/internal/webpost"
)

// Channel is a gateway for one kind.
type Channel struct {
	config           Config
	deps             notify.ChannelDeps
	words            func(notify.ChannelDeps, notify.Notification) string
	client           *webpost.Client
	templates        templates
	success, refused *regexp.Regexp // nil: not asked
}

// New makes the channel; config is valid and has a URL. words makes the text.
func New(config Config, deps notify.ChannelDeps, words func(notify.ChannelDeps, notify.Notification) string) (*Channel, error) {
	c := &Channel{config: config, deps: deps, words: words, client: webpost.New(config.Post, deps.Dialer)}
	var err error
	if c.templates, err = config.templates(); err != nil {
		return nil, err
	}
	for expr, into := range map[string]**regexp.Regexp{config.Success: &c.success, config.Refused: &c.refused} {
		if expr == "" {
			continue
		}
		if *into, err = regexp.Compile(expr); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Send asks the gateway to send or to call.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	if err := CheckNumber(n.To); err != nil {
		return "", notify.Permanent{Err: err}
	}
	request, err := c.request(Data{Fields: notify.FieldsOf(c.deps, n), Number: n.To, Digits: n.To[1:], Text: c.words(c.deps, n)})
	if err != nil {
		return "", err
	}
	answer, err := c.client.Do(ctx, request)
	if err != nil {
		return "", err
	}
	return answer.String(), c.judge(answer)
}

func (c *Channel) request(data Data) (webpost.Request, error) {
	r := webpost.Request{Method: c.config.method()}
	var err error
	if r.Query, err = values("query", c.templates.query, data); err != nil {
		return r, err
	}
	switch {
	case c.templates.json != nil:
		text, err := c.templates.json.Execute(data)
		if err != nil {
			return r, fmt.Errorf("json: %w", err)
		}
		if !json.Valid([]byte(text)) {
			return r, notify.Permanent{Err: errors.New("json: the template made no valid JSON of this message (write {{json .Text}}, without quotes around it)")}
		}
		r.ContentType, r.Body = "application/json", []byte(text)
	case len(c.templates.form) > 0:
		form, err := values("form", c.templates.form, data)
		if err != nil {
			return r, err
		}
		r.ContentType, r.Body = "application/x-www-form-urlencoded", []byte(form.Encode())
	}
	return r, nil
}

func values(path string, from map[string]*fill.Template, data Data) (url.Values, error) {
	v := url.Values{}
	for name, t := range from {
		text, err := t.Execute(data)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", path, name, err)
		}
		v.Set(name, text)
	}
	return v, nil
}

// judge reads what a gateway says beside its status.
func (c *Channel) judge(a webpost.Answer) error {
	switch {
	case c.refused != nil && c.refused.Match(a.Body):
		return notify.Permanent{Err: fmt.Errorf("the gateway refused: %s", a)}
	case c.success == nil || c.success.Match(a.Body):
		return nil
	case a.Cut:
		return notify.InDoubt{Err: fmt.Errorf("the gateway's answer was cut off: %s", a)}
	}
	return fmt.Errorf("the gateway's answer does not match success: %s", a)
}

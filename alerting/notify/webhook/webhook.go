package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/fill"
	"monitord/alerting/notify/internal/webpost"
)

// Channel is the webhook channel.
type Channel struct {
	deps      notify.ChannelDeps
	endpoints map[string]*endpoint
}

type endpoint struct {
	Endpoint
	client *webpost.Client
	body   *fill.Template // nil: everything as JSON
}

// New makes the channel; config is valid.
func New(config Config, deps notify.ChannelDeps) (*Channel, error) {
	c := &Channel{deps: deps, endpoints: map[string]*endpoint{}}
	for name, cfg := range config {
		e := &endpoint{Endpoint: cfg, client: webpost.New(cfg.Post, deps.Dialer)}
		if cfg.Body != "" {
			var err error
			if e.body, err = fill.Parse(cfg.Body, cfg.Secrets); err != nil {
				return nil, fmt.Errorf("%s: body: %w", name, err)
			}
		}
		c.endpoints[name] = e
	}
	return c, nil
}

// Send hands the message to the endpoint that its address names.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	e := c.endpoints[n.To]
	if e == nil {
		return "", fmt.Errorf("webhook %q is not configured: add it to the section webhook, and reload", n.To)
	}
	body, err := e.compose(c.deps, n)
	if err != nil {
		return "", err
	}
	header, err := e.header(n.ID, c.deps.Now(), body)
	if err != nil {
		return "", err
	}
	answer, err := e.client.Do(ctx, webpost.Request{Method: e.Method, ContentType: e.contentType(), Header: header, Body: body})
	if err != nil {
		return "", err
	}
	return answer.String(), nil
}

// event is the body in the form that Standard Webhooks recommends.
type event struct {
	Type      string        `json:"type"`      // incident.problem or incident.recovery
	Timestamp time.Time     `json:"timestamp"` // when it was to be told
	Data      notify.Fields `json:"data"`
}

func (e *endpoint) compose(deps notify.ChannelDeps, n notify.Notification) ([]byte, error) {
	fields := notify.FieldsOf(deps, n)
	if e.body == nil {
		return json.Marshal(event{"incident." + n.Kind, n.Queued.UTC(), fields})
	}
	text, err := e.body.Execute(fields)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err) // a secret's file may come back
	}
	if e.wantsJSON() && !json.Valid([]byte(text)) {
		return nil, notify.Permanent{Err: errors.New("body: the template made no valid JSON of this message (write {{json .Summary}}, without quotes around it)")}
	}
	return []byte(text), nil
}

// header is the identity and the signature of a request.
func (e *endpoint) header(id string, now time.Time, body []byte) (http.Header, error) {
	id = publicID(id)
	h := http.Header{}
	h.Set("Idempotency-Key", id)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	if e.SigningSecret.IsZero() {
		return h, nil
	}
	content, err := e.SigningSecret.Read()
	if err != nil {
		return nil, err
	}
	keys, err := parseSecrets(content)
	if err != nil {
		return nil, err
	}
	h.Set("Webhook-Signature", sign(keys, id, now, body))
	return h, nil
}

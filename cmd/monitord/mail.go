package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"monitord/alerting/notify"
	"monitord/alerting/notify/mail"
	"monitord/checks"
	"monitord/internal/text"
)

// mailSwitch is the mail channel in force: a reload swaps it. Without a relay,
// messages wait in the queue and say what is missing.
type mailSwitch struct {
	mu      sync.RWMutex
	channel *mail.Channel
}

var errNoRelay = errors.New("no mail relay is configured: set `mail: {relay: HOST:PORT, from: ADDRESS}`")

// Send hands over to the channel in force.
func (m *mailSwitch) Send(ctx context.Context, n notify.Notification) (string, error) {
	m.mu.RLock()
	channel := m.channel
	m.mu.RUnlock()
	if channel == nil {
		return "", errNoRelay
	}
	return channel.Send(ctx, n)
}

func (m *mailSwitch) put(channel *mail.Channel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.channel = channel
}

// set is put for what mailChannel returns.
func (m *mailSwitch) set(channel *mail.Channel, err error) error {
	if err == nil {
		m.put(channel)
	}
	return err
}

// mailChannel makes the channel of a configuration; nil when there is no relay.
func (s *server) mailChannel(from *settings) (*mail.Channel, error) {
	if from.Mail == nil {
		return nil, nil
	}
	channel, err := mail.New(*from.Mail, mail.Deps{
		Logger: s.log, Now: time.Now, Words: text.Default(), Picture: s.picture, Link: s.link,
	})
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return channel, nil
}

// picture draws the last hours of a service for a mail.
func (s *server) picture(ctx context.Context, service checks.Service, width, height int, lang text.Lang) ([]byte, error) {
	var png bytes.Buffer
	if err := s.pages.ServicePNG(ctx, &png, service, width, height, lang); err != nil {
		return nil, err
	}
	return png.Bytes(), nil
}

// link is a service's host page.
func (s *server) link(service checks.Service) string {
	return s.baseURL + "/hosts/" + url.PathEscape(service.Host)
}

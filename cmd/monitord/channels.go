package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"monitord/alerting/notify"
	notifybuiltin "monitord/alerting/notify/builtin"
	"monitord/checks"
	"monitord/internal/text"
)

// channelSwitch holds the channels in force: a reload swaps them.
type channelSwitch struct {
	mu     sync.RWMutex
	byKind map[string]notify.Channel
}

func (c *channelSwitch) get(kind string) notify.Channel {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byKind[kind]
}

func (c *channelSwitch) put(byKind map[string]notify.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byKind = byKind
}

// makeChannels makes the channels of a configuration; those without a section
// are left out.
func (s *server) makeChannels(from *settings) (map[string]notify.Channel, error) {
	byKind := map[string]notify.Channel{}
	for _, k := range notifybuiltin.Kinds() {
		channel, err := k.New(from.Channels[k.Name], s.channelDeps())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.Section, err)
		}
		if channel != nil {
			byKind[k.Name] = channel
		}
	}
	return byKind, nil
}

func (s *server) channelDeps() notify.ChannelDeps {
	return notify.ChannelDeps{
		Logger: s.log, Now: time.Now, Words: text.Default(), Picture: s.picture, Link: s.link, State: s.engine.Service,
		AckLink: s.ackLink, ReplyTo: s.replyAddress, Acknowledge: s.acknowledgeMessage,
	}
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
	return cmp.Or(s.messageURL, s.baseURL) + "/hosts/" + url.PathEscape(service.Host)
}

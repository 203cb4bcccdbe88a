package syslog

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"

	"monitord/alerting/notify"
)

// Channel is the syslog channel.
type Channel struct {
	destinations Config
	deps         notify.ChannelDeps
	hostname     string
}

// New makes the channel; config is valid.
func New(config Config, deps notify.ChannelDeps) (*Channel, error) {
	hostname, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	if deps.Dialer == nil {
		deps.Dialer = &net.Dialer{}
	}
	return &Channel{config, deps, hostname}, nil
}

// Send writes the message to the log that its address names.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	d, ok := c.destinations[n.To]
	if !ok {
		return "", fmt.Errorf("log %q is not configured: add it to the section syslog, and reload", n.To)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.Timeout, DefaultTimeout))
	defer cancel()
	fields, now := notify.FieldsOf(c.deps, n), c.deps.Now()
	answer, err := c.send(ctx, &d, func(local bool, limit int) []byte {
		if local {
			return d.composeLocal(fields, now, limit)
		}
		return d.compose(fields, now, cmp.Or(d.Hostname, c.hostname), limit)
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", d.Address, err)
	}
	return answer, nil
}

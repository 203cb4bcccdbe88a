package mail

import (
	"context"
	"net"
	"net/mail"
	"os"
	"time"

	"monitord/alerting/notify"
	"monitord/internal/logkeys"
)

// Deps is what the channel uses of the world.
type Deps = notify.ChannelDeps

// Channel is the mail channel.
type Channel struct {
	config Config
	deps   Deps
	from   mail.Address
	helo   string
}

// New makes the channel; config is valid and has a relay.
func New(config Config, deps Deps) (*Channel, error) {
	from, err := mail.ParseAddress(config.From)
	if err != nil {
		return nil, err
	}
	if deps.Dialer == nil {
		deps.Dialer = &net.Dialer{}
	}
	helo := config.Helo
	if helo == "" {
		if helo, err = os.Hostname(); err != nil {
			return nil, err
		}
	}
	return &Channel{config: config, deps: deps, from: *from, helo: helo}, nil
}

// The picture's size, in pixels: what a phone shows without scrolling.
const (
	pictureWidth  = 600
	pictureHeight = 200
)

// pictureWithin bounds how long a mail waits for its picture.
const pictureWithin = 5 * time.Second

// Send composes the mail and hands it to the relay. Without its picture, a mail
// goes out all the same.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	to, err := mail.ParseAddress(n.To)
	if err != nil {
		return "", notify.Permanent{Err: err}
	}
	raw, err := c.compose(ctx, n, *to)
	if err != nil {
		return "", notify.Permanent{Err: err}
	}
	return c.handOver(ctx, to.Address, raw)
}

func (c *Channel) picture(ctx context.Context, n notify.Notification) []byte {
	if c.deps.Picture == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(pictureWithin, c.config.Timeout/2))
	defer cancel()
	png, err := c.deps.Picture(ctx, n.Notice.Service, pictureWidth, pictureHeight, n.Language)
	if err != nil {
		c.deps.Logger.Warn("mail goes out without its graph", logkeys.Service, n.Notice.Service.String(), logkeys.Err, err)
		return nil
	}
	return png
}

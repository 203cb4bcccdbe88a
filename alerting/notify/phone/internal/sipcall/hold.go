package sipcall

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"
)

// keepAlive is how often a line break keeps the way through NAT open: routers
// forget a UDP flow after 30 s.
const keepAlive = 15 * time.Second

// ErrHungUp says that the other side ended the call.
var ErrHungUp = errors.New("hung up")

// Hold keeps the call until the other side ends it (ErrHungUp, or what broke
// the connection) or ctx ends, when it hangs up and returns nil. onKey takes
// each key that comes as INFO, onMedia each new place of their sound; both are
// called on this goroutine.
func (c *Call) Hold(ctx context.Context, onKey func(key byte), onMedia func(Media)) error {
	a, d := c.agent, c.dialog
	d.onKey, d.onMedia = onKey, onMedia
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for !d.ended {
		select {
		case <-ctx.Done():
			c.hangUp(context.WithoutCancel(ctx))
			return nil
		case <-alive.C:
			// A connection that is broken says so when it is read.
			_ = a.link.write([]byte("\r\n\r\n"))
		case got, ok := <-a.link.in:
			if !ok {
				return errLost
			}
			if got.err == nil {
				a.sort(got.msg, d, nil)
			} else if a.link.stream {
				return errors.Join(errLost, got.err)
			}
		}
	}
	return ErrHungUp
}

// byeWait is how long the other side may take to confirm the end.
const byeWait = 3 * time.Second

// hangUp says BYE. What the server answers changes nothing: the call is over.
func (c *Call) hangUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, byeWait)
	defer cancel()
	c.dialog.seq++
	_, _ = c.agent.do(ctx, c.dialog, c.agent.request(c.dialog, sip.BYE, c.dialog.seq))
}

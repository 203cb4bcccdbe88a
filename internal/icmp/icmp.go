package icmp

import (
	"context"
	"net/netip"
	"time"
)

// MinSize is the least Request.Size: the payload begins with a token by which a
// reply is known to be ours.
const MinSize = tokenSize

// Request is one series of echo requests to one address.
type Request struct {
	Addr     netip.Addr
	Count    int
	Interval time.Duration
	Wait     time.Duration // for the last reply
	Size     int           // bytes of payload
}

// Report is what came back.
type Report struct {
	Sent    int
	RTTs    []time.Duration // of the replies that came, in the order of the requests
	SendErr error           // the last request that could not leave: no route, blocked
}

// Pinger sends series of echo requests. It is safe for concurrent use. The
// error says that we could not ask: ErrPermission, no descriptors.
type Pinger interface {
	Ping(ctx context.Context, r Request) (Report, error)
}

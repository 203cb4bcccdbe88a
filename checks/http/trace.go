package http

import (
	"context"
	"net/http/httptrace"

	"monitord/checks/internal/netdial"
)

// The phases after the connection stands, in this order.
const (
	phaseRequest   = "request"    // sending it
	phaseFirstByte = "first-byte" // the server thinks
	phaseBody      = "body"       // header and body arrive
)

// trace lets net/http report its phases. With redirects a name comes again.
func trace(ctx context.Context, p *netdial.Phases) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { p.Begin(phaseRequest) },
		// A server may answer before the whole request is written.
		WroteRequest:         func(httptrace.WroteRequestInfo) { p.Advance(phaseRequest, phaseFirstByte) },
		GotFirstResponseByte: func() { p.Begin(phaseBody) },
	})
}

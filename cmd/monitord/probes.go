package main

import (
	"context"
	"net/http"

	"monitord/alerting/journal"
	"monitord/internal/intake"
	"monitord/internal/pki"
	"monitord/internal/wire"
	"monitord/tsdb"
)

// enroller is the authority, and tells of each new probe.
type enroller struct {
	*pki.Authority
	enrolled func(host string)
}

// Claim is the authority's.
func (e enroller) Claim(secret string, csr []byte) (wire.Enrolled, error) {
	got, err := e.Authority.Claim(secret, csr)
	if err == nil {
		e.enrolled(got.Host)
	}
	return got, err
}

// acceptor is the journal under the name that the intake knows.
type acceptor struct{ journal *journal.Journal }

// AcceptEvents makes a probe's events durable.
func (a acceptor) AcceptEvents(ctx context.Context, host, boot string, events []wire.Event) (uint64, []wire.Event, error) {
	return a.journal.AcceptProbeEvents(ctx, host, boot, events)
}

// probeGate lets a probe write for its own host, and for those that it polls.
// The intake has looked at its certificate.
func (s *server) probeGate(r *http.Request) (tsdb.Sender, error) {
	host, ok := intake.HostFrom(r.Context())
	if !ok {
		return tsdb.Sender{}, pki.ErrNoCertificate
	}
	from := tsdb.Sender{Host: host}
	if g := s.current(); len(g.polled[host]) > 0 {
		from.Also, from.Revision = g.polled[host], g.assignments[host].Revision
	}
	return from, nil
}

// assignment is what a host's probe should do; changed is closed when another
// configuration is in force.
func (s *server) assignment(host string) (wire.Assignment, <-chan struct{}) {
	g := s.current()
	return g.assignments[host], g.replaced
}

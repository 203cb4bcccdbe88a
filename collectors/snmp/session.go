package snmp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"time"
)

// Session asks agents, one at a time. A worker has one and aims it at device
// after device: the socket and the buffers are used again. Not for concurrent
// use. The zero value is ready; Close it.
type Session struct {
	Resolver interface { // nil is the system's
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}

	device  Device
	peer    string
	to      netip.AddrPort
	v4, v6  *socket
	sock    *socket // of the device's family
	id      int32
	repeats int // rows a bulk request asks for now
	out     []byte
	answer  Answer
	seen    sightings
	usm     *usmClient // v3
	stats   Stats
}

// Stats counts what a session did since it was made.
type Stats struct {
	Requests uint64 // datagrams sent
	Answers  uint64 // taken
	Retries  uint64
	Strays   uint64 // dropped: another sender, another request, or not readable
	Varbinds uint64
}

// Stats is the counters so far.
func (s *Session) Stats() Stats { return s.stats }

// Open is a session for one device.
func Open(ctx context.Context, d Device) (*Session, error) {
	s := new(Session)
	if err := s.Aim(ctx, d); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Aim makes the session ask d from now on. It resolves the name and sends
// nothing. The errors are a faulty device, a name without address, or no socket.
func (s *Session) Aim(ctx context.Context, d Device) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("snmp device: %w", err)
	}
	s.device, s.peer = d, d.Peer()
	s.repeats = d.MaxRepetitions
	if s.repeats == 0 {
		s.repeats = defaultRepetitions
	}
	if d.Engine != nil && d.Engine.repeats > 0 {
		s.repeats = min(s.repeats, d.Engine.repeats)
	}
	addr, err := s.resolve(ctx, d)
	if err != nil {
		return s.fail(err)
	}
	s.to = netip.AddrPortFrom(addr, uint16(d.Port))
	if err := s.open(addr.Is6()); err != nil {
		return s.fail(err)
	}
	if s.id == 0 {
		s.id = rand.Int32()
	}
	s.usm = nil
	if d.Credentials.Version == V3 {
		s.usm, err = newUSM(s)
	}
	return err
}

func (s *Session) open(v6 bool) (err error) {
	which := &s.v4
	if v6 {
		which = &s.v6
	}
	if *which == nil {
		if *which, err = openSocket(v6); err != nil {
			return err
		}
	}
	s.sock = *which
	return nil
}

func (s *Session) resolve(ctx context.Context, d Device) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(d.Address); err == nil {
		return addr.Unmap(), nil
	}
	resolver := s.Resolver
	if resolver == nil {
		resolver = &net.Resolver{}
	}
	all, err := resolver.LookupNetIP(ctx, "ip"+d.Family, d.Address)
	if err != nil {
		return netip.Addr{}, err
	}
	// IPv4 first, as net-snmp's udp: agents often have no other listener.
	for _, a := range all {
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	if len(all) == 0 {
		return netip.Addr{}, fmt.Errorf("%s has no address", d.Address)
	}
	return all[0], nil
}

// Close frees the sockets. It may be called twice, and a session that is aimed
// again opens them again.
func (s *Session) Close() error {
	var errs []error
	for _, which := range []**socket{&s.v4, &s.v6} {
		if *which != nil {
			errs = append(errs, (*which).close())
			*which = nil
		}
	}
	return errors.Join(errs...)
}

// fail wraps what went wrong with the agent's name.
func (s *Session) fail(err error) error {
	if _, ok := errors.AsType[*AgentError](err); ok {
		return err
	}
	return &AgentError{Peer: s.peer, Err: err}
}

// ask sends a request and waits for its answer, attempt after attempt.
func (s *Session) ask(ctx context.Context, r request) (*Answer, error) {
	if s.sock == nil {
		return nil, errors.New("snmp: the session is not aimed at a device")
	}
	s.seen = sightings{}
	stop := context.AfterFunc(ctx, s.sock.interrupt)
	defer stop()
	var a *Answer
	var err error
	if s.usm != nil {
		a, err = s.usm.ask(ctx, r)
	} else {
		a, err = s.askCommunity(ctx, r)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	s.stats.Answers++
	s.stats.Varbinds += uint64(len(a.Vars))
	return a, nil
}

// interrupt ends a receive that is under way.
func (s *socket) interrupt() { s.conn.SetReadDeadline(time.Unix(1, 0)) }

func attemptsSay(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// attempts calls try with the deadline of each attempt until it answers.
// A request for many rows asks for fewer when nothing came twice: some agents
// never answer what does not fit their buffer.
func (s *Session) attempts(ctx context.Context, r request, try func(r request, deadline time.Time) error) error {
	wait := s.device.Timeout
	for n := 0; ; n++ {
		deadline := time.Now().Add(wait)
		if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
			deadline = end
		}
		if n >= 2 && r.maxRepetition > 1 {
			r.maxRepetition = max(1, r.maxRepetition/2)
		}
		err := try(r, deadline)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			if err == nil && n >= 2 && r.kind == pduGetBulk {
				s.fewer(r.maxRepetition)
			}
			return err
		}
		if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
			<-ctx.Done() // the socket's timer was a moment ahead of the context's
		}
		if ctx.Err() != nil {
			return &AgentError{Peer: s.peer, Err: context.Cause(ctx), Hint: s.seen.hint(s)}
		}
		if n >= s.device.Retries {
			return &AgentError{Peer: s.peer, Err: fmt.Errorf("%w to %s", ErrTimeout, attemptsSay(n+1)), Hint: s.seen.hint(s)}
		}
		s.stats.Retries++
		if s.device.BackOff > 1 {
			wait = max(s.device.Timeout, min(MaxWait, time.Duration(float64(wait)*s.device.BackOff)))
		}
	}
}

// fewer remembers how many rows the agent can answer.
func (s *Session) fewer(rows int) {
	s.repeats = max(1, min(s.repeats, rows))
	if s.device.Engine != nil {
		s.device.Engine.repeats = s.repeats
	}
}

func (s *Session) askCommunity(ctx context.Context, r request) (*Answer, error) {
	first := s.id + 1
	c := &s.device.Credentials
	err := s.attempts(ctx, r, func(r request, deadline time.Time) error {
		s.id = (s.id + 1) & 0x7fffffff
		s.out = appendCommunity(s.out[:0], c.Version, string(c.Community), s.id, r)
		if err := s.send(s.out); err != nil {
			return err
		}
		for {
			msg, err := s.receive(ctx, deadline)
			if err != nil {
				return err
			}
			id, err := parseCommunity(string(msg), c.Version, r.oids, &s.answer)
			switch {
			case err != nil:
				s.stats.Strays++
				s.seen.faulty = err
			case uint32(id-first) > uint32(s.id-first): // of an earlier request
				s.stats.Strays++
			default:
				return nil
			}
		}
	})
	return &s.answer, err
}

func (s *Session) send(msg []byte) error {
	s.stats.Requests++
	err := s.sock.send(msg, s.to)
	if kind := unreachable(err); kind != nil {
		return kind
	}
	if errors.Is(err, errMessageSize) {
		return fmt.Errorf("request of %d bytes does not fit a datagram: ask for fewer objects", len(msg))
	}
	return err
}

// receive waits for a datagram of the agent.
func (s *Session) receive(ctx context.Context, deadline time.Time) ([]byte, error) {
	for {
		if ctx.Err() != nil {
			return nil, os.ErrDeadlineExceeded
		}
		msg, from, err := s.sock.receive(deadline)
		if kind := unreachable(err); kind != nil {
			return nil, kind
		}
		if err != nil {
			return nil, err
		}
		if from.Port() == s.to.Port() && from.Addr().Unmap().WithZone("") == s.to.Addr().WithZone("") || s.device.AnySource {
			return msg, nil
		}
		s.stats.Strays++
		s.seen.stranger = from
	}
}

// sightings is what was dropped while waiting; it makes the error of silence
// say more.
type sightings struct {
	stranger netip.AddrPort
	faulty   error
	report   error // v3: what the agent reported without a signature
	talked   bool  // v3: the agent told its engine ID
}

func (g *sightings) hint(s *Session) string {
	c := s.device.Credentials
	switch {
	case g.report != nil:
		return g.report.Error()
	case g.faulty != nil:
		return "an answer could not be read: " + g.faulty.Error()
	case g.stranger.IsValid():
		return fmt.Sprintf("something answered from %s: set any_source if that is the same device", g.stranger)
	case g.talked && c.SecurityLevel() == LevelPriv:
		return "the agent is there and told its engine ID, but drops the request itself: wrong priv_password, priv_protocol or context"
	case g.talked:
		return "the agent is there and told its engine ID, but drops the request itself: wrong context, or no rights for the user"
	case c.Version == V3:
		return "the machine is down, a firewall drops UDP, or the agent speaks no version 3 with us"
	}
	return fmt.Sprintf("the machine is down, a firewall drops UDP, the community is wrong, or the agent does not allow version %s or our address (an agent never says which)", c.Version)
}

// Version is that of the device which the session is aimed at.
func (s *Session) Version() Version { return s.device.Credentials.Version }

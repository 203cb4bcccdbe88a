package syslog

import (
	"net/netip"
	"time"

	"monitord/collectors"
	"monitord/collectors/logfile"
)

// apartAfter is how far a sender's clock may be from ours before it is counted.
const apartAfter = 10 * time.Minute

// taker makes lines of one sender's messages: its encoding is learned. It is for
// one goroutine.
type taker struct {
	sender
	encoding string
	decoder  *logfile.Decoder
}

func newTaker(p *policy, from sender) *taker {
	return &taker{sender: from, encoding: p.cfg.Encoding, decoder: logfile.NewDecoder(p.cfg.Encoding)}
}

// takers are those of UDP, by source.
type takers struct{ bySource map[netip.Addr]*taker }

func newTakers() *takers { return &takers{map[netip.Addr]*taker{}} }

// of finds the taker of a source. When there are too many, all begin to learn anew.
func (t *takers) of(p *policy, from netip.Addr) *taker {
	one := t.bySource[from]
	if one == nil || one.encoding != p.cfg.Encoding {
		if len(t.bySource) >= maxSources {
			clear(t.bySource)
		}
		one = newTaker(p, sender{kind: udp, ip: from})
		t.bySource[from] = one
	}
	return one
}

// line makes a line of a message.
func (s *Server) line(p *policy, d *Directory, t *taker, raw string, cut bool, at time.Time) Line {
	c := s.counts[t.kind]
	m := Parse(raw, at, p.zoneFor(t.ip))
	name, known := p.owner(d, &t.sender, m.Host)
	if !known {
		c.unknown.Add(1)
		name = s.stranger(name)
	}
	if cut {
		c.cut.Add(1)
	}
	if !m.Understood {
		c.unparsed.Add(1)
	}
	if apart := at.Sub(m.Time); !m.Time.IsZero() && (apart > apartAfter || apart < -apartAfter) {
		c.apart.Add(1)
	}
	host := m.Host
	if known || host == "" {
		host = name
	}
	l := Line{
		Line: collectors.Line{
			Source: Source, Text: render(&m, name, at, t.decoder.Text), Cut: cut, At: at, Time: m.Time,
			Host: oneLine(t.decoder.Text(host)), Program: oneLine(t.decoder.Text(m.Program)), Severity: m.Severity,
		},
		Facility: m.Facility, Owner: name, Known: known, Authenticated: t.names != nil, From: t.ip,
	}
	l.PID, _ = atoi(m.PID)
	return l
}

// maxUnknown bounds the addresses of no host that lines are put under: they can be
// made up, and each is a host of its own to whom takes the lines.
const maxUnknown = 256

// stranger is whom a line of an unknown host is put under: its address, or Others
// when there are too many.
func (s *Server) stranger(address string) string {
	s.unknownMu.Lock()
	defer s.unknownMu.Unlock()
	if !s.unknown[address] {
		if len(s.unknown) >= maxUnknown {
			return Others
		}
		s.unknown[address] = true
	}
	return address
}

// atoi reads a process ID, 0 when it is none.
func atoi(s string) (n int, ok bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

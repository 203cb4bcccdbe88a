package trap

import (
	"net/netip"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/collectors/snmp"
)

// Engine is our own SNMP engine (RFC 3411, 3.1.1.1), which senders of informs
// must know.
type Engine struct {
	ID    string // 5 to 32 octets
	Boots uint32 // starts since the ID was made, this one included
	Since time.Time
}

func (e Engine) seconds(now time.Time) uint32 { return uint32(max(now.Sub(e.Since), 0) / time.Second) }

const (
	// window is how far a message's time may lie from the authority's (RFC 3414,
	// 2.2.3).
	window = 150
	// maxPeers bounds the engines whose time we know.
	maxPeers = 16384

	usmStatsNotInTimeWindows = ".1.3.6.1.6.3.15.1.1.2.0"
	usmStatsUnknownEngineIDs = ".1.3.6.1.6.3.15.1.1.4.0"
)

// ofUser takes a message of version 3.
func (d *decoder) ofUser(msg []byte, from netip.Addr) (got decoded, reason string) {
	p, err := unmarshal(d.users, msg, true)
	if err != nil {
		if strings.Contains(err.Error(), "security parameters") || strings.Contains(err.Error(), "no credentials") {
			return got, refusedUser
		}
		return got, refusedMessage
	}
	sp, ok := p.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok {
		return got, refusedMessage
	}
	if sp.UserName == "" {
		if p.PDUType != gosnmp.GetRequest || len(p.Variables) > 0 {
			return got, refusedUser
		}
		d.unknown++
		return d.about(p, sp, usmStatsUnknownEngineIDs, d.unknown)
	}
	if p.MsgFlags&gosnmp.AuthPriv != d.allowed.flags(sp.UserName) {
		return got, refusedUser // less than was agreed: anybody could send it
	}
	now := d.now()
	if p.PDUType == gosnmp.InformRequest {
		switch {
		case sp.AuthoritativeEngineID != d.engine.ID:
			d.unknown++
			return d.about(p, sp, usmStatsUnknownEngineIDs, d.unknown)
		case p.MsgFlags&gosnmp.AuthNoPriv != 0 && !d.timely(sp, now):
			d.late++
			return d.about(p, sp, usmStatsNotInTimeWindows, d.late)
		}
	} else if p.MsgFlags&gosnmp.AuthNoPriv != 0 && !d.peers.fresh(sp, now) {
		return got, refusedReplay
	}
	if got.n, err = notification(p, from, now); err != nil {
		return got, refusedMessage
	}
	got.n.User, got.n.Proved = sp.UserName, p.MsgFlags&gosnmp.AuthNoPriv != 0
	d.stamp(sp, now)
	if got.answer, err = response(p, got.n.Inform); err != nil {
		return got, refusedMessage
	}
	return got, ""
}

// flags are those of the level at which a user must send.
func (a *allowed) flags(user string) gosnmp.SnmpV3MsgFlags {
	u := a.users[user]
	switch u.SecurityLevel() {
	case snmp.LevelPriv:
		return gosnmp.AuthPriv
	case snmp.LevelAuth:
		return gosnmp.AuthNoPriv
	}
	return gosnmp.NoAuthNoPriv
}

// timely holds an inform against our own clock (RFC 3414, 3.2.7a).
func (d *decoder) timely(sp *gosnmp.UsmSecurityParameters, now time.Time) bool {
	off := int64(sp.AuthoritativeEngineTime) - int64(d.engine.seconds(now))
	return sp.AuthoritativeEngineBoots == d.engine.Boots && off >= -window && off <= window
}

// stamp puts our time into what an answer is made of.
func (d *decoder) stamp(sp *gosnmp.UsmSecurityParameters, now time.Time) {
	if sp.AuthoritativeEngineID == d.engine.ID {
		sp.AuthoritativeEngineBoots, sp.AuthoritativeEngineTime = d.engine.Boots, d.engine.seconds(now)
	}
}

// about tells a sender of our engine, in a report (RFC 3414, section 4). A report
// on time is signed, as its reader demands.
func (d *decoder) about(p *gosnmp.SnmpPacket, sp *gosnmp.UsmSecurityParameters, counter string, n int) (decoded, string) {
	if p.MsgFlags&gosnmp.Reportable == 0 {
		return decoded{}, refusedUser
	}
	own, ok := sp.Copy().(*gosnmp.UsmSecurityParameters)
	if !ok {
		return decoded{}, refusedMessage
	}
	flags := gosnmp.NoAuthNoPriv
	if counter == usmStatsNotInTimeWindows {
		flags = gosnmp.AuthNoPriv
	}
	own.AuthoritativeEngineID = d.engine.ID
	own.AuthoritativeEngineBoots, own.AuthoritativeEngineTime = d.engine.Boots, d.engine.seconds(d.now())
	report := *p
	report.PDUType, report.MsgFlags, report.SecurityParameters = gosnmp.Report, flags, own
	report.Error, report.ErrorIndex, report.ContextEngineID = gosnmp.NoError, 0, d.engine.ID
	report.Variables = []gosnmp.SnmpPDU{{Name: counter, Type: gosnmp.Counter32, Value: uint(n)}}
	msg, err := report.MarshalMsg()
	if err != nil {
		return decoded{}, refusedMessage
	}
	return decoded{report: msg}, ""
}

// peers knows how far the clocks of those have come who sign traps: they are the
// authority on it, and a message that lies before is a replay (RFC 3414, 3.2.7b).
// Of more than fit, those that were quiet longest are forgotten.
type peers struct{ young, old map[string]peer }

type peer struct {
	boots, time uint32
	at          time.Time
}

func newPeers() *peers { return &peers{young: map[string]peer{}} }

// fresh reports whether a message is not older than its engine's window, and
// remembers the newest.
func (k *peers) fresh(sp *gosnmp.UsmSecurityParameters, now time.Time) bool {
	last, known := k.young[sp.AuthoritativeEngineID]
	if !known {
		last, known = k.old[sp.AuthoritativeEngineID]
	}
	boots, at := sp.AuthoritativeEngineBoots, sp.AuthoritativeEngineTime
	if known {
		should := int64(last.time) + int64(now.Sub(last.at)/time.Second)
		if boots < last.boots || boots == last.boots && int64(at) < should-window {
			return false
		}
		if boots == last.boots && at <= last.time {
			boots, at, now = last.boots, last.time, last.at
		}
	}
	if len(k.young) >= maxPeers {
		k.young, k.old = map[string]peer{}, k.young
	}
	k.young[sp.AuthoritativeEngineID] = peer{boots, at, now}
	return true
}

package trap

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/gosnmp/gosnmp"
)

// decoded is what a datagram turned out to be.
type decoded struct {
	n      Notification
	answer []byte // what its sender waits for, once it is taken
	report []byte // about our engine: it was no notification
}

// decoder turns datagrams into notifications. It is for one goroutine.
type decoder struct {
	allowed allowed
	engine  Engine
	now     func() time.Time
	plain   *gosnmp.GoSNMP // versions 1 and 2c
	users   *gosnmp.GoSNMP // version 3
	peers   *peers
	unknown int // engine IDs (usmStatsUnknownEngineIDs)
	late    int // messages outside the time window (usmStatsNotInTimeWindows)
}

func newDecoder(a allowed, engine Engine, now func() time.Time) (*decoder, error) {
	d := &decoder{
		allowed: a, engine: engine, now: now, peers: newPeers(),
		plain: &gosnmp.GoSNMP{Version: gosnmp.Version2c},
		users: &gosnmp.GoSNMP{Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel},
	}
	table := gosnmp.NewSnmpV3SecurityParametersTable(gosnmp.Logger{})
	// Nobody: those who ask for our engine's ID (RFC 3414, section 4).
	if err := table.Add("", &gosnmp.UsmSecurityParameters{AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv}); err != nil {
		return nil, fmt.Errorf("traps: %w", err)
	}
	for name, c := range a.users {
		if err := table.Add(name, c.Parameters()); err != nil {
			return nil, fmt.Errorf("traps: user %s: %w", name, err)
		}
	}
	d.users.SetTrapSecurityParametersTable(table)
	return d, nil
}

// The version's place in a message: SEQUENCE, length, INTEGER of one octet.
const (
	tagSequence = 0x30
	tagInteger  = 0x02
)

// version reads the version of a message without reading more.
func version(msg []byte) (gosnmp.SnmpVersion, bool) {
	if len(msg) < 2 || msg[0] != tagSequence {
		return 0, false
	}
	at := 2
	if msg[1] > 0x80 {
		at += int(msg[1] & 0x7f)
	}
	if len(msg) < at+3 || msg[at] != tagInteger || msg[at+1] != 1 {
		return 0, false
	}
	return gosnmp.SnmpVersion(msg[at+2]), true
}

// decode makes a notification of a datagram. reason is why it is refused.
func (d *decoder) decode(msg []byte, from netip.Addr) (got decoded, reason string) {
	if !d.allowed.hears(from) {
		return got, refusedNetwork
	}
	v, ok := version(msg)
	if !ok {
		return got, refusedMessage
	}
	if v == gosnmp.Version3 {
		return d.ofUser(msg, from)
	}
	p, err := unmarshal(d.plain, msg, false)
	if err != nil {
		return got, refusedMessage
	}
	if !d.allowed.communities[p.Community] {
		return got, refusedCommunity
	}
	if got.n, err = notification(p, from, d.now()); err != nil {
		return got, refusedMessage
	}
	got.answer, err = response(p, got.n.Inform)
	if err != nil {
		return got, refusedMessage
	}
	return got, ""
}

// errPanic says that the library gave up on a message by panicking.
var errPanic = errors.New("message cannot be decoded")

// unmarshal decodes by the library, which keeps parts of what it is given.
func unmarshal(by *gosnmp.GoSNMP, msg []byte, v3 bool) (p *gosnmp.SnmpPacket, err error) {
	defer func() {
		if recover() != nil {
			p, err = nil, errPanic
		}
	}()
	p, err = by.UnmarshalTrap(slices.Clone(msg), v3)
	if err == nil && p == nil {
		err = errPanic
	}
	return p, err
}

// response is the answer to an inform: the same objects, no error (RFC 3416,
// 4.2.7).
func response(p *gosnmp.SnmpPacket, inform bool) ([]byte, error) {
	if !inform {
		return nil, nil
	}
	answer := *p
	answer.PDUType, answer.Error, answer.ErrorIndex = gosnmp.GetResponse, gosnmp.NoError, 0
	answer.MsgFlags &^= gosnmp.Reportable
	return answer.MarshalMsg()
}

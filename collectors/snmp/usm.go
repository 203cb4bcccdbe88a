package snmp

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gosnmp/gosnmp"
)

// Engine is what one agent's v3 engine told, and the keys made for it: a session
// that knows it saves a round of discovery and the costly hashing of pass
// phrases. It belongs to one device; its zero value knows nothing.
type Engine struct {
	id               string
	boots, time      uint32
	at               time.Time // when time was told
	authKey, privKey []byte
	made             Credentials // what the keys were made of
	repeats          int
}

// ID is the engine's ID (RFC 3411 section 5), in hexadecimal; "" is unknown.
func (e *Engine) ID() string { return hex.EncodeToString([]byte(e.id)) }

// usmClient speaks v3 by gosnmp: USM (RFC 3414), discovery, keys, time.
type usmClient struct {
	s    *Session
	g    *gosnmp.GoSNMP
	conn *usmConn
}

func contextEngine(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") {
		text = text[2:]
	}
	b, err := hex.DecodeString(text)
	if err == nil && (len(b) < 5 || len(b) > 32) {
		err = errors.New("want 5 to 32 octets")
	}
	return b, err
}

func newUSM(s *Session) (*usmClient, error) {
	u := &usmClient{s: s}
	u.conn = &usmConn{s: s, client: u}
	return u, u.reset()
}

// reset makes a new gosnmp object, with what the engine told before.
func (u *usmClient) reset() error {
	c := u.s.device.Credentials
	context, err := contextEngine(c.ContextEngine)
	if err != nil {
		return fmt.Errorf("snmp: context engine: %w", err)
	}
	sp := &gosnmp.UsmSecurityParameters{UserName: c.User, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv}
	flags := gosnmp.NoAuthNoPriv
	level := c.SecurityLevel()
	if level != LevelNoAuth {
		flags = gosnmp.AuthNoPriv
		sp.AuthenticationProtocol = authProtocols[protocolKey(string(c.AuthProtocol))]
		sp.AuthenticationPassphrase = string(c.AuthPassword)
	}
	if level == LevelPriv {
		flags = gosnmp.AuthPriv
		sp.PrivacyProtocol = privProtocols[protocolKey(string(c.PrivProtocol))]
		sp.PrivacyPassphrase = string(c.PrivPassword)
	}
	if e := u.s.device.Engine; e != nil && e.id != "" && e.made == c {
		sp.AuthoritativeEngineID, sp.SecretKey, sp.PrivacyKey = e.id, e.authKey, e.privKey
		sp.AuthoritativeEngineBoots = e.boots
		sp.AuthoritativeEngineTime = e.time + uint32(time.Since(e.at)/time.Second)
	}
	u.g = &gosnmp.GoSNMP{
		Target: u.s.to.Addr().String(), Port: u.s.to.Port(), Version: gosnmp.Version3, Timeout: u.s.device.Timeout,
		MaxOids: maxDatagram, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: flags, SecurityParameters: sp,
		ContextName: c.Context, ContextEngineID: string(context),
	}
	if u.g.ContextEngineID == "" {
		u.g.ContextEngineID = sp.AuthoritativeEngineID
	}
	// Connect makes the buffers, and a socket of its own that is not wanted.
	if err := u.g.Connect(); err != nil {
		return u.s.fail(err)
	}
	own := u.g.Conn
	u.g.Conn = u.conn
	return own.Close()
}

// ask sends one request, attempt after attempt. An engine that refuses what we
// know of it is asked anew, once.
func (u *usmClient) ask(ctx context.Context, r request) (*Answer, error) {
	a, err := u.once(ctx, r)
	if errors.Is(err, ErrEngine) || errors.Is(err, ErrClock) {
		if e := u.s.device.Engine; e != nil {
			*e = Engine{repeats: e.repeats}
		}
		if err := u.reset(); err != nil {
			return nil, err
		}
		u.s.seen = sightings{}
		a, err = u.once(ctx, r)
	}
	if err == nil {
		u.remember()
	}
	return a, err
}

// remember keeps what the engine told for the next session.
func (u *usmClient) remember() {
	e := u.s.device.Engine
	sp, ok := u.g.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if e == nil || !ok || e.id == sp.AuthoritativeEngineID && e.boots == sp.AuthoritativeEngineBoots && time.Since(e.at) < time.Minute {
		return
	}
	e.id, e.boots, e.time, e.at = sp.AuthoritativeEngineID, sp.AuthoritativeEngineBoots, sp.AuthoritativeEngineTime, time.Now()
	e.authKey, e.privKey, e.made = sp.SecretKey, sp.PrivacyKey, u.s.device.Credentials
}

func (u *usmClient) once(ctx context.Context, r request) (*Answer, error) {
	oids := make([]string, 0, len(r.oids))
	for _, o := range r.oids {
		if o == "" {
			o = "\x00"
		}
		oids = append(oids, o.String())
	}
	err := u.s.attempts(ctx, r, func(r request, deadline time.Time) error {
		u.g.Context, u.g.Timeout = ctx, max(time.Millisecond, time.Until(deadline))
		u.conn.limit = deadline
		packet, err := u.send(r, oids)
		if err != nil {
			return u.explain(packet, err)
		}
		return u.take(packet)
	})
	return &u.s.answer, err
}

func (u *usmClient) send(r request, oids []string) (*gosnmp.SnmpPacket, error) {
	switch r.kind {
	case pduGet:
		return u.g.Get(oids)
	case pduGetNext:
		return u.g.GetNext(oids)
	}
	return u.g.GetBulk(oids, uint8(r.nonRepeaters), uint32(r.maxRepetition))
}

// reports are the objects of a Report (RFC 3414 section 5, RFC 3412, RFC 3413).
var reports = map[string]error{
	".1.3.6.1.6.3.15.1.1.1.0": ErrLevel,
	".1.3.6.1.6.3.15.1.1.2.0": ErrClock,
	".1.3.6.1.6.3.15.1.1.3.0": ErrUser,
	".1.3.6.1.6.3.15.1.1.4.0": ErrEngine,
	".1.3.6.1.6.3.15.1.1.5.0": ErrAuth,
	".1.3.6.1.6.3.15.1.1.6.0": ErrPriv,
	".1.3.6.1.6.3.12.1.4.0":   ErrContext, // snmpUnavailableContexts
	".1.3.6.1.6.3.12.1.5.0":   ErrContext, // snmpUnknownContexts
}

// explain says why gosnmp has no answer. A report without signature is what the
// agent wanted to say; gosnmp refuses it, and rightly: it may be forged, so that
// it ends the attempt and never changes what we hold for true.
func (u *usmClient) explain(packet *gosnmp.SnmpPacket, err error) error {
	if packet != nil && packet.PDUType == gosnmp.Report && len(packet.Variables) == 1 {
		if known := reports[packet.Variables[0].Name]; known != nil {
			return known
		}
	}
	switch {
	case u.s.seen.report != nil:
		return u.s.seen.report
	case u.conn.err != nil:
		return u.conn.err
	case errors.Is(err, gosnmp.ErrMaxRetriesExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	}
	u.s.seen.faulty = errors.New("it fits neither our keys nor SNMP version 3")
	return os.ErrDeadlineExceeded
}

// take copies gosnmp's answer.
func (u *usmClient) take(p *gosnmp.SnmpPacket) error {
	a := &u.s.answer
	a.Status, a.Index, a.Vars = Status(p.Error), int(p.ErrorIndex), a.Vars[:0]
	if p.PDUType != gosnmp.GetResponse {
		if len(p.Variables) == 1 {
			if known := reports[p.Variables[0].Name]; known != nil {
				return known
			}
		}
		return fmt.Errorf("the agent answers with %s", p.PDUType)
	}
	for _, v := range p.Variables {
		one, err := fromGoSNMP(v)
		if err != nil {
			return err
		}
		a.Vars = append(a.Vars, one)
	}
	return nil
}

// usmConn is the connection that gosnmp sees: the session's socket, without
// strangers and late answers.
type usmConn struct {
	s      *Session
	client *usmClient
	limit  time.Time
	id     int32 // message ID of the request under way
	err    error
}

func (c *usmConn) Write(b []byte) (int, error) {
	c.err, c.s.seen.report = nil, nil
	id, _, err := peekV3(string(b))
	if err != nil {
		return 0, err
	}
	c.id = id
	if err := c.s.send(b); err != nil {
		c.err = err
		return 0, err
	}
	return len(b), nil
}

func (c *usmConn) Read(b []byte) (int, error) {
	for {
		msg, err := c.s.receive(c.client.g.Context, c.limit)
		if err != nil {
			c.err = err
			return 0, err
		}
		id, report, err := peekV3(string(msg))
		switch {
		case err != nil:
			c.s.stats.Strays++
			c.s.seen.faulty = err
		case id != c.id:
			c.s.stats.Strays++
		default:
			c.s.seen.talked = true
			if known := reports[report.String()]; known != nil {
				c.s.seen.report = known
			}
			return copy(b, msg), nil
		}
	}
}

func (*usmConn) Close() error                     { return nil }
func (c *usmConn) LocalAddr() net.Addr            { return c.s.sock.conn.LocalAddr() }
func (c *usmConn) RemoteAddr() net.Addr           { return net.UDPAddrFromAddrPort(c.s.to) }
func (*usmConn) SetDeadline(time.Time) error      { return nil }
func (*usmConn) SetReadDeadline(time.Time) error  { return nil }
func (*usmConn) SetWriteDeadline(time.Time) error { return nil }

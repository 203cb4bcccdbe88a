package dns

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
	"monitord/checks"
)

// key is a TSIG key with its secret; nil signs nothing.
type key struct {
	name, algorithm, secret string
	now                     func() time.Time
}

// fudge is how far the clocks of both sides may be apart (RFC 8945 section 10).
const fudge = 300 * time.Second

// readKey reads the secret, anew each time: a changed key needs no restart.
func (a *Action) readKey() (*key, error) {
	secret, err := a.config.Key.Secret.Read()
	if err != nil {
		return nil, err
	}
	if raw, err := base64.StdEncoding.DecodeString(secret); err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("key %s: %s does not hold the secret in base64 alone (copy what stands in quotes behind `secret` in what tsig-keygen printed)", a.config.Key.Name, a.config.Key.Secret.File)
	}
	return &key{
		name: mdns.CanonicalName(a.config.Key.Name), algorithm: mdns.CanonicalName(a.config.Key.Algorithm),
		secret: secret, now: a.deps.Now,
	}, nil
}

// conn is one TCP connection to a name server, with one question at a time.
type conn struct {
	net.Conn
	server  string
	key     *key
	timeout time.Duration
	stop    func() bool
}

// connect opens a connection; close ends it. It ends early with ctx.
func connect(ctx context.Context, dialer checks.Dialer, server string, k *key, timeout time.Duration) (*conn, error) {
	dialing, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := dialer.DialContext(dialing, "tcp", server)
	if err != nil {
		return nil, fmt.Errorf("connect to name server %s: %w (does it run, and does it accept TCP from here?)", server, err)
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	return &conn{Conn: c, server: server, key: k, timeout: timeout, stop: stop}, nil
}

func (c *conn) close() {
	c.stop()
	c.Conn.Close()
}

// exchange sends m, signed, and reads its answer. A failover.Unknown error says
// that m was sent and that we do not know what the server did with it.
func (c *conn) exchange(ctx context.Context, m *mdns.Msg) (*mdns.Msg, error) {
	packet, mac, err := c.sign(m)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("ask name server %s: %w", c.server, err)
	}
	deadline := time.Now().Add(c.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	c.SetDeadline(deadline)
	// A message that was not written whole is not a message for the server.
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(packet)), uint16(len(packet)))
	if _, err := c.Write(append(framed, packet...)); err != nil {
		return nil, fmt.Errorf("ask name server %s: %w", c.server, err)
	}
	body, err := readFrame(c)
	if err != nil {
		return nil, failover.Unknown{Err: fmt.Errorf("no answer from name server %s: %w", c.server, err)}
	}
	answer, err := c.open(body, m, mac)
	if err != nil {
		return nil, fmt.Errorf("name server %s: %w", c.server, err)
	}
	return answer, nil
}

// sign is m on the wire, and the signature that its answer must follow.
func (c *conn) sign(m *mdns.Msg) (packet []byte, mac string, err error) {
	if c.key == nil {
		packet, err = m.Pack()
	} else {
		signed := m.Copy()
		signed.SetTsig(c.key.name, c.key.algorithm, uint16(fudge/time.Second), c.key.now().Unix())
		packet, mac, err = mdns.TsigGenerate(signed, c.key.secret, "", false)
	}
	if err != nil {
		return nil, "", fmt.Errorf("build message to name server %s: %w", c.server, err)
	}
	return packet, mac, nil
}

// readFrame reads one message behind its length (RFC 1035 section 4.2.2).
func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, body)
	return body, err
}

// open reads the answer to query out of body. A refusal needs no signature: a
// server that does not know the key cannot sign (RFC 8945 section 5.3). All else
// does; what is not signed is Unknown, since somebody else may have said it.
func (c *conn) open(body []byte, query *mdns.Msg, mac string) (*mdns.Msg, error) {
	answer := new(mdns.Msg)
	if err := answer.Unpack(body); err != nil {
		return nil, failover.Unknown{Err: fmt.Errorf("its answer is no DNS message: %w", err)}
	}
	if !answer.Response || answer.Id != query.Id || answer.Opcode != query.Opcode {
		return nil, failover.Unknown{Err: errors.New("it answers something that was not asked")}
	}
	if err := c.refusal(answer); err != nil {
		return nil, err
	}
	if c.key == nil {
		return answer, nil
	}
	t := answer.IsTsig()
	if t == nil || mdns.CanonicalName(t.Hdr.Name) != c.key.name || mdns.CanonicalName(t.Algorithm) != c.key.algorithm {
		return nil, failover.Unknown{Err: fmt.Errorf("its answer is not signed with key %s", c.key.name)}
	}
	if err := mdns.TsigVerify(body, c.key.secret, mac, false); err != nil {
		return nil, failover.Unknown{Err: fmt.Errorf("the signature of its answer is wrong: %w", err)}
	}
	return answer, nil
}

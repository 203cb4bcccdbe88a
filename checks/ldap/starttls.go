package ldap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// startTLSRequest is the extended request 1.3.6.1.4.1.1466.20037 as message 1
// (RFC 4511, section 4.14.1). The client library can ask for it too, but hides
// what went wrong in the handshake.
var startTLSRequest = []byte("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037")

// The BER tags of the answer.
const (
	tagInteger    = 0x02
	tagEnumerated = 0x0a
	tagSequence   = 0x30
	tagExtended   = 0x78 // [APPLICATION 24], ExtendedResponse
)

// maxAnswer bounds the answer to StartTLS, in bytes.
const maxAnswer = 4096

var errNoLDAP = errors.New("no LDAP message")

// startTLS asks for TLS and returns when the server is ready for the handshake.
func (s *session) startTLS(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	tape := netdial.NewTape(conn, maxAnswer)
	code, err := exchangeStartTLS(tape)
	switch {
	case errors.Is(err, errNoLDAP):
		s.tape = tape
		return s.junk()
	case err != nil:
		s.tape = tape
		return &netdial.Error{Phase: netdial.PhaseTLS, Peer: s.peer, Err: err}
	case code != ldap.LDAPResultSuccess:
		return &netdial.Verdict{Reason: checks.ReasonTLS, Summary: text.M("ldap.starttls",
			text.Str("peer", s.peer), text.Int("code", code), text.Str("name", ldap.LDAPResultCodeMap[uint16(code)]))}
	}
	return nil
}

func exchangeStartTLS(conn io.ReadWriter) (code int, err error) {
	if _, err := conn.Write(startTLSRequest); err != nil {
		return 0, err
	}
	body, err := readElement(conn, tagSequence)
	if err != nil {
		return 0, err
	}
	return resultCode(body)
}

// readElement reads one BER element of a tag and returns what is in it; a
// length is one byte, or up to two behind a byte that counts them.
func readElement(r io.Reader, tag byte) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, err
	}
	if head[0] != tag {
		return nil, errNoLDAP
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return nil, err
	}
	size := int(head[1])
	if more := size - 0x80; more >= 0 {
		if more < 1 || more > 4 {
			return nil, errNoLDAP
		}
		long := make([]byte, more)
		if _, err := io.ReadFull(r, long); err != nil {
			return nil, err
		}
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
	}
	if size > maxAnswer {
		return nil, errNoLDAP
	}
	body := make([]byte, size)
	_, err := io.ReadFull(r, body)
	return body, err
}

// resultCode reads the body of an LDAPMessage with an ExtendedResponse.
func resultCode(message []byte) (int, error) {
	r := bytes.NewReader(message)
	if _, err := readElement(r, tagInteger); err != nil { // the message's number: there is one only
		return 0, errNoLDAP
	}
	response, err := readElement(r, tagExtended)
	if err != nil {
		return 0, errNoLDAP
	}
	code, err := readElement(bytes.NewReader(response), tagEnumerated)
	if err != nil || len(code) != 1 {
		return 0, errNoLDAP
	}
	return int(code[0]), nil
}

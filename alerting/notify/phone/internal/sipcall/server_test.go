package sipcall

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is a connection with an address; each write is one packet.
type pipe struct{ net.Conn }

func (pipe) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:5060"))
}
func (pipe) RemoteAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.9:5060"))
}

// server is the other side, which the test plays.
type server struct {
	t    *testing.T
	conn net.Conn
}

// open makes an agent and the server that it speaks to.
func open(t *testing.T) (*Agent, *server) {
	t.Helper()
	ours, theirs := net.Pipe()
	a, err := Open(pipe{ours}, false, Account{Domain: "pbx", From: "sip:3000@pbx", Username: "3000", Password: "secret", Timeout: 8 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close(); a.Close() })
	return a, &server{t, theirs}
}

// next is the next message, within a minute.
func (s *server) next() sip.Message {
	s.t.Helper()
	buf := make([]byte, maxMessage)
	s.conn.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			s.t.Errorf("nothing came: %v", err)
			return nil
		}
		if isKeepAlive(buf[:n]) {
			continue
		}
		msg, err := parse(buf[:n])
		if err != nil {
			s.t.Errorf("%v: %q", err, buf[:n])
		}
		return msg
	}
}

// want is the next message, which must be that request.
func (s *server) want(method sip.RequestMethod) *sip.Request {
	s.t.Helper()
	req, ok := s.next().(*sip.Request)
	if !ok || req.Method != method {
		s.t.Errorf("got %v; want %s", req, method)
		return sip.NewRequest(method, sip.Uri{})
	}
	return req
}

// code is the status of the next message, which must be a response.
func (s *server) code() int {
	s.t.Helper()
	res, ok := s.next().(*sip.Response)
	if !ok {
		s.t.Error("got a request; want a response")
		return 0
	}
	return res.StatusCode
}

// say answers a request with To-tag tag and some more header lines.
func (s *server) say(req *sip.Request, code int, tag, body string, headers ...string) {
	s.t.Helper()
	req.SetSource("192.0.2.1:5060")
	res := sip.NewResponseFromRequest(req, code, "Words", []byte(body))
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", tag)
	res.AppendHeader(sip.NewHeader("Contact", "<sip:phone@192.0.2.9>"))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(sip.NewHeader(name, value))
	}
	s.write(res.String())
}

func (s *server) write(raw string) {
	s.t.Helper()
	s.conn.SetWriteDeadline(time.Now().Add(time.Minute))
	if _, err := s.conn.Write([]byte(raw)); err != nil {
		s.t.Error(err)
	}
}

// ask sends a request in the call that an INVITE began; branch tells requests
// apart.
func (s *server) ask(invite *sip.Request, method, tag, branch string, seq int, more, body string) {
	s.t.Helper()
	ours, _ := invite.From().Params.Get("tag")
	s.write(fmt.Sprintf("%s sip:3000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK%s\r\nFrom: <sip:c@pbx>;tag=%s\r\nTo: <sip:3000@pbx>;tag=%s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s", method, branch, tag, ours, invite.CallID().Value(), seq, method, more, len(body), body))
}

// dial calls in the background.
func dial(ctx context.Context, a *Agent, ring time.Duration) (result func() (*Call, error)) {
	type outcome struct {
		call *Call
		err  error
	}
	ch := make(chan outcome, 1)
	go func() {
		call, err := a.Dial(ctx, "sip:+81312345678@pbx", netip.MustParseAddrPort("192.0.2.1:6000"), ring)
		ch <- outcome{call, err}
	}()
	return func() (*Call, error) { o := <-ch; return o.call, o.err }
}

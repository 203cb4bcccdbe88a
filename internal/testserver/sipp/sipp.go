// Package sipp starts a real SIPp for tests as a server that answers OPTIONS,
// on a loopback port over UDP or TCP. Debian's has no TLS.
package sipp

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Options change the server.
type Options struct {
	Transport string // "u1" (UDP) or "t1" (TCP), as SIPp calls them
	Address   string // empty means 127.0.0.1
	Status    string // such as "200 OK"
}

// New starts sipp and returns it and its port; the test's end stops it.
func New(tb testing.TB, o Options) (*testproc.Process, int) {
	tb.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	dir, port := testproc.Dir(tb, ""), testproc.FreePort(tb)
	scenario := testproc.File(tb, dir, "options.xml", fmt.Sprintf(`<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="options">
  <recv request="OPTIONS"/>
  <send><![CDATA[
SIP/2.0 100 Trying
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <send><![CDATA[
SIP/2.0 %s
[last_Via:]
[last_From:]
[last_To:];tag=[pid][call_number]
[last_Call-ID:]
[last_CSeq:]
Allow: INVITE, ACK, CANCEL, OPTIONS, BYE
Content-Length: 0

]]></send>
</scenario>
`, o.Status))
	args := []string{"-sf", scenario, "-i", o.Address, "-p", strconv.Itoa(port), "-t", o.Transport, "-nostdin", "-skip_rlimit"}
	p := testproc.Start(tb, testproc.Command{Path: "sipp", Args: args, Dir: dir, Env: []string{"TERM=dumb"}, Apt: "sip-tester"})
	address := net.JoinHostPort(o.Address, strconv.Itoa(port))
	p.WaitFor(func() error {
		if o.Transport == "u1" {
			return bound(address)
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err
	})
	return p, port
}

// bound says whether somebody has the UDP port: an unheard packet is refused.
func bound(address string) error {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := conn.Write([]byte("\r\n\r\n")); err != nil { // keep-alive: no answer
		return err
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		return errors.New("an answer to a keep-alive")
	} else if ne, ok := errors.AsType[net.Error](err); !ok || !ne.Timeout() {
		return err
	}
	return nil
}

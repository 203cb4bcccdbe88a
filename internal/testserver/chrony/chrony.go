// Package chrony starts a real chronyd for tests, on a loopback port. It never
// touches the machine's clock.
package chrony

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// New starts chronyd and returns it and its port. With stratum 0 it is not
// synchronised; with another it claims that one from its own clock.
func New(tb testing.TB, stratum int) (*testproc.Process, int) {
	tb.Helper()
	dir, port := testproc.Dir(tb, ""), testproc.FreePort(tb)
	local := ""
	if stratum > 0 {
		local = fmt.Sprintf("local stratum %d", stratum)
	}
	conf := testproc.File(tb, dir, "chrony.conf", fmt.Sprintf("port %d\nbindaddress 127.0.0.1\nbindaddress ::1\nallow\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\n%s\n", port, dir, local))
	p := testproc.Start(tb, testproc.Command{Path: "/usr/sbin/chronyd", Args: []string{"-d", "-x", "-U", "-u", "root", "-f", conf}, Dir: dir, Apt: "chrony"})
	p.WaitFor(func() error { return answers(port) })
	return p, port
}

// answers asks for the time by hand: 48 bytes, client mode.
func answers(port int) error {
	conn, err := net.Dial("udp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
	packet := make([]byte, 48)
	packet[0] = 4<<3 | 3
	if _, err := conn.Write(packet); err != nil {
		return err
	}
	n, err := conn.Read(packet)
	if err == nil && n < 48 {
		err = errors.New("a short answer")
	}
	return err
}

// Package snmpdtest starts a real snmpd of net-snmp for tests, on a loopback
// port, with communities, users of every protocol and lines of the caller.
package snmpdtest

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Community is the community that may read everything by v1 and v2c.
const Community = "public"

// AuthPassword and PrivPassword are those of every user.
const (
	AuthPassword = "authentic-1234"
	PrivPassword = "private-5678"
)

// AuthProtocols and PrivProtocols are what users may have; see User.
var (
	AuthProtocols = []string{"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"}
	PrivProtocols = []string{"DES", "AES", "AES-192", "AES-256"}
)

// User names the user that has both protocols, such as u-SHA-256-AES-256. There
// are those with AES, those with SHA-512, and this one.
func User(auth, priv string) string { return "u-" + auth + "-" + priv }

// Snmpd is a running agent.
type Snmpd struct {
	*testproc.Process
	Port int
}

// Peer is the agent's address as net-snmp's programs take it.
func (s *Snmpd) Peer() string { return "127.0.0.1:" + strconv.Itoa(s.Port) }

// New starts snmpd with the caller's lines behind ours, and waits until it
// answers.
func New(tb testing.TB, lines ...string) *Snmpd {
	tb.Helper()
	dir, port := testproc.Dir(tb, ""), testproc.FreePort(tb)
	var conf strings.Builder
	fmt.Fprintf(&conf, "rocommunity %s\nrouser noauth noauth\ncreateUser noauth\n", Community)
	for _, auth := range AuthProtocols {
		for _, priv := range PrivProtocols {
			if priv != "AES" && auth != "SHA-512" && User(auth, priv) != "u-SHA-256-AES-256" {
				continue // the agent hashes for each of them when it starts
			}
			name := User(auth, priv)
			fmt.Fprintf(&conf, "createUser %s %s %s %s %s\nrouser %s auth\n", name, auth, AuthPassword, priv, PrivPassword, name)
		}
	}
	conf.WriteString(strings.Join(lines, "\n") + "\n")
	file := testproc.File(tb, dir, "snmpd.conf", conf.String())
	p := testproc.Start(tb, testproc.Command{
		Path: "/usr/sbin/snmpd", Args: []string{"-f", "-Lo", "-C", "-c", file, "-p", dir + "/pid", "udp:127.0.0.1:" + strconv.Itoa(port)},
		Dir: dir, Env: []string{"SNMP_PERSISTENT_DIR=" + dir, "SNMPCONFPATH=" + dir}, Apt: "snmpd",
	})
	p.WaitFor(func() error { return answers(port) })
	return &Snmpd{Process: p, Port: port}
}

// answers asks for sysUpTime by v1, by hand.
func answers(port int) error {
	conn, err := net.Dial("udp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(200 * time.Millisecond))
	ask := "\x30\x26\x02\x01\x00\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00"
	if _, err := conn.Write([]byte(ask)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 512))
	return err
}

package voice

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
)

// portTries is how many ports are tried for an even one.
const portTries = 50

// Listen opens a socket with an even port, as RTP wants it (RFC 3550, section
// 11). first to last bound the ports; 0 and 0 are any.
func Listen(local netip.Addr, first, last int) (net.PacketConn, error) {
	var lastErr error
	for range portTries {
		port := 0
		if first > 0 {
			port = first + rand.IntN(last-first+1)
			port -= port % 2
			if port < first {
				port += 2
			}
		}
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(port))))
		if err != nil {
			lastErr = err
			continue
		}
		if conn.LocalAddr().(*net.UDPAddr).Port%2 == 0 {
			return conn, nil
		}
		conn.Close()
	}
	if lastErr == nil {
		lastErr = fmt.Errorf("no even port on %s in %d tries", local, portTries)
	}
	return nil, fmt.Errorf("open a port for sound: %w", lastErr)
}

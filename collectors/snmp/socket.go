package snmp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// socket is one UDP socket, not connected, so that an answer from another
// address is seen and can be told. It asks the kernel for ICMP errors all the
// same: a machine without an agent is told at once.
type socket struct {
	conn *net.UDPConn
	buf  *[maxDatagram]byte
	v6   bool
}

// maxDatagram is the largest answer over UDP.
const maxDatagram = 65535

// buffers are for answers, one for each open socket. A poll opens a socket of its
// own, needs room for the largest answer, and is over in milliseconds: a new buffer
// each time would be half of all garbage.
var buffers = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

func openSocket(v6 bool) (*socket, error) {
	network, level, option := "udp4", unix.IPPROTO_IP, unix.IP_RECVERR
	if v6 {
		network, level, option = "udp6", unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		var inner error
		err = raw.Control(func(fd uintptr) { inner = unix.SetsockoptInt(int(fd), level, option, 1) })
		err = errors.Join(err, inner)
	}
	if err != nil {
		conn.Close()
		return nil, os.NewSyscallError("setsockopt", err)
	}
	return &socket{conn: conn, buf: buffers.Get().(*[maxDatagram]byte), v6: v6}, nil
}

// close frees the socket, and what its last receive gave with it.
func (s *socket) close() error {
	buffers.Put(s.buf)
	s.buf = nil
	return s.conn.Close()
}

func (s *socket) send(b []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteToUDPAddrPort(b, to)
	if unreachable(err) != nil {
		// The kernel tells the fate of an earlier datagram; it is told once.
		s.drain()
		_, err = s.conn.WriteToUDPAddrPort(b, to)
	}
	return err
}

// receive waits for one datagram; it stays valid until the next call.
func (s *socket) receive(deadline time.Time) ([]byte, netip.AddrPort, error) {
	if err := s.conn.SetReadDeadline(deadline); err != nil {
		return nil, netip.AddrPort{}, err
	}
	n, from, err := s.conn.ReadFromUDPAddrPort(s.buf[:])
	if unreachable(err) != nil {
		s.drain()
	}
	return s.buf[:n], from, err
}

// drain empties the socket's queue of errors: they take the room of answers.
func (s *socket) drain() {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return
	}
	var some [64]byte
	raw.Control(func(fd uintptr) {
		for range 64 {
			if _, _, _, _, err := unix.Recvmsg(int(fd), some[:], some[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT); err != nil {
				return
			}
		}
	})
}

// unreachable is what an ICMP message or the routing table said: ErrRefused,
// ErrUnreachable, or nil for other errors.
func unreachable(err error) error {
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		return ErrRefused
	case errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTDOWN), errors.Is(err, unix.ENETDOWN):
		return ErrUnreachable
	}
	return nil
}

// errMessageSize is what the kernel says of a request beyond 64 KB.
var errMessageSize = error(unix.EMSGSIZE)

package icmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrPermission says that no ICMP socket may be opened, and what to grant.
var ErrPermission = errors.New("icmp: open socket: operation not permitted (grant CAP_NET_RAW: setcap cap_net_raw+ep BINARY, or allow ping sockets: sysctl -w net.ipv4.ping_group_range='0 2147483647')")

// Permitted reports whether this process may ping: nil, ErrPermission, or what
// else is wrong.
func Permitted() error {
	s, err := openSocket(false, 0)
	if err != nil {
		return err
	}
	return s.Close()
}

// socket is one ICMP socket, of one address family.
type socket struct {
	file *os.File // in the runtime's poller
	conn syscall.RawConn
	v6   bool
	raw  bool // else a ping socket: the kernel sets the identifier
}

// openSocket opens a raw socket that hears only replies to id, or else a ping
// socket.
func openSocket(v6 bool, id uint16) (*socket, error) {
	s := &socket{v6: v6, raw: true}
	family, proto := unix.AF_INET, unix.IPPROTO_ICMP
	if v6 {
		family, proto = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	if denied(err) {
		s.raw = false
		fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	}
	if denied(err) {
		return nil, ErrPermission
	}
	if err != nil {
		return nil, fmt.Errorf("icmp: open socket: %w", err)
	}
	if s.raw {
		err = hearOnly(fd, v6, id)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("icmp: set filter: %w", err)
	}
	s.file = os.NewFile(uintptr(fd), "icmp")
	if s.conn, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
		return nil, fmt.Errorf("icmp: %w", err)
	}
	return s, nil
}

func denied(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
}

// hearOnly lets the kernel drop everything but echo replies with our
// identifier: a raw socket otherwise gets a copy of every ICMP message of the
// machine, and with many checks at once its buffer overflows.
func hearOnly(fd int, v6 bool, id uint16) error {
	const icmpFilter = 1 // ICMP_FILTER, linux/icmp.h: a mask of types to drop
	// The identifier lies at offset 4, behind the IP header of IPv4, whose
	// length BPF_MSH takes from the low four bits of byte 0.
	load := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 4}}
	var err error
	if v6 {
		var f unix.ICMPv6Filter
		for i := range f.Data {
			f.Data[i] = ^uint32(0)
		}
		f.Data[echoReply6>>5] &^= 1 << (echoReply6 & 31)
		err = unix.SetsockoptICMPv6Filter(fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &f)
	} else {
		load = []unix.SockFilter{
			{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0},
			{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: 4},
		}
		err = unix.SetsockoptInt(fd, unix.SOL_RAW, icmpFilter, ^(1 << echoReply4))
	}
	if err != nil {
		return err
	}
	program := append(load,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 0, Jf: 1, K: uint32(id)},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 18},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	)
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}

// Close closes the socket.
func (s *socket) Close() error { return s.file.Close() }

// send sends one message; it never blocks (a full buffer is an error).
func (s *socket) send(b []byte, to unix.Sockaddr) error {
	var err error
	if ctlErr := s.conn.Control(func(fd uintptr) { err = unix.Sendto(int(fd), b, 0, to) }); ctlErr != nil {
		return ctlErr
	}
	return err
}

// receive waits until a deadline for one echo reply. A message that is none is
// passed over; the error is os.ErrDeadlineExceeded when time is over.
func (s *socket) receive(ctx context.Context, buf []byte, until time.Time) (echo, error) {
	if err := s.file.SetReadDeadline(until); err != nil {
		return echo{}, err
	}
	// After the deadline is set: whoever cancels later overwrites it.
	if ctx.Err() != nil {
		return echo{}, os.ErrDeadlineExceeded
	}
	for {
		var n int
		var err error
		readErr := s.conn.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), buf, 0)
			return err != unix.EAGAIN && err != unix.EINTR
		})
		if readErr != nil {
			return echo{}, readErr
		}
		if err != nil {
			return echo{}, err
		}
		if e, ok := s.parse(buf[:n]); ok {
			return e, nil
		}
	}
}

func (s *socket) parse(b []byte) (echo, bool) {
	if s.raw && !s.v6 {
		var ok bool
		if b, ok = skipIPv4(b); !ok {
			return echo{}, false
		}
	}
	e, ok := parseEcho(b)
	return e, ok && (e.kind == echoReply4 && !s.v6 || e.kind == echoReply6 && s.v6)
}

// sockaddr is the kernel's form of an address.
func sockaddr(a netip.Addr) (unix.Sockaddr, error) {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4()}, nil
	}
	to := &unix.SockaddrInet6{Addr: a.As16()}
	if a.Zone() != "" {
		link, err := net.InterfaceByName(a.Zone())
		if err != nil {
			return nil, fmt.Errorf("address %s: %w", a, err)
		}
		to.ZoneId = uint32(link.Index)
	}
	return to, nil
}

package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// arpRequest is one question: who has an address?
type arpRequest struct {
	addr  netip.Addr
	iface string // "" finds the one whose network holds the address
	count int
	wait  time.Duration // for each answer
}

// errARPPermission says that no packet socket may be opened.
var errARPPermission = errors.New("arp: open packet socket: operation not permitted (grant CAP_NET_RAW; under systemd also RestrictAddressFamilies=AF_PACKET)")

// askARP asks until one answer comes; it returns how long that took. The error
// is errSilent when none came.
func askARP(ctx context.Context, r arpRequest) (time.Duration, error) {
	iface, from, err := linkTo(r.addr, r.iface)
	if err != nil {
		return 0, err
	}
	s, err := openARP(iface)
	if err != nil {
		return 0, err
	}
	defer s.file.Close()
	stop := context.AfterFunc(ctx, func() { s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	question := arp{op: arpAsk, senderMAC: [6]byte(iface.HardwareAddr), sender: from, target: r.addr}.marshal()
	for range r.count {
		asked := time.Now()
		if err := s.send(question); err != nil {
			return 0, fmt.Errorf("%w: %w", errSilent, err)
		}
		if s.answered(ctx, r.addr, asked.Add(r.wait)) {
			return time.Since(asked), nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return 0, errSilent
}

// linkTo finds the Ethernet interface on whose network an address lies, and our
// own address there.
func linkTo(addr netip.Addr, name string) (*net.Interface, netip.Addr, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, netip.Addr{}, fmt.Errorf("arp: list interfaces: %w", err)
	}
	for _, i := range all {
		if name != "" && i.Name != name || len(i.HardwareAddr) != 6 || i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, netip.Addr{}, fmt.Errorf("arp: list addresses of %s: %w", i.Name, err)
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err == nil && prefix.Masked().Contains(addr) {
				return &i, prefix.Addr(), nil
			}
		}
	}
	return nil, netip.Addr{}, fmt.Errorf("%w: no interface that is up has an address in the network of %s", errSilent, addr)
}

// arpSocket hears and says ARP on one interface.
type arpSocket struct {
	file *os.File // in the runtime's poller
	conn syscall.RawConn
	to   unix.SockaddrLinklayer
}

func openARP(iface *net.Interface) (*arpSocket, error) {
	proto := binary.NativeEndian.Uint16([]byte{unix.ETH_P_ARP >> 8, unix.ETH_P_ARP & 0xff}) // network byte order: packet(7)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	// EAFNOSUPPORT is systemd's RestrictAddressFamilies.
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EAFNOSUPPORT) {
		return nil, errARPPermission
	}
	if err != nil {
		return nil, fmt.Errorf("arp: open packet socket: %w", err)
	}
	// Bound after it was opened for nothing: otherwise it would hear what comes
	// on all interfaces meanwhile.
	to := unix.SockaddrLinklayer{Protocol: proto, Ifindex: iface.Index, Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: iface.Index}); err != nil {
		return nil, errors.Join(fmt.Errorf("arp: listen on %s: %w", iface.Name, err), unix.Close(fd))
	}
	s := &arpSocket{file: os.NewFile(uintptr(fd), "arp"), to: to}
	if s.conn, err = s.file.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("arp: %w", err), s.file.Close())
	}
	return s, nil
}

func (s *arpSocket) send(b []byte) error {
	var err error
	if ctl := s.conn.Control(func(fd uintptr) { err = unix.Sendto(int(fd), b, 0, &s.to) }); ctl != nil {
		return ctl
	}
	return err
}

// answered waits for an answer of addr; other traffic is passed over.
func (s *arpSocket) answered(ctx context.Context, addr netip.Addr, until time.Time) bool {
	if s.file.SetReadDeadline(until) != nil || ctx.Err() != nil {
		return false
	}
	buf := make([]byte, 1500)
	for {
		var n int
		var err error
		ctl := s.conn.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), buf, 0)
			return err != unix.EAGAIN && err != unix.EINTR
		})
		if ctl != nil || err != nil {
			return false // the deadline, or the interface went down
		}
		if a, ok := parseARP(buf[:n]); ok && a.op == arpAnswer && a.sender == addr {
			return true
		}
	}
}

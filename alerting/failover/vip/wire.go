package vip

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// link is an Ethernet interface, spoken to below IP.
type link struct {
	file  *os.File // a packet(7) socket of one protocol
	index int
	mac   [6]byte
	proto uint16 // in the order of the wire
}

// openLink opens a socket for ARP or IPv6 on an interface. close it.
func openLink(name string, address netip.Addr) (*link, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	if len(iface.HardwareAddr) != 6 {
		return nil, fmt.Errorf("interface %s is no Ethernet: it has no address that could be announced", name)
	}
	l := &link{index: iface.Index, mac: [6]byte(iface.HardwareAddr), proto: wireOrder(unix.ETH_P_ARP)}
	if address.Is6() {
		l.proto = wireOrder(unix.ETH_P_IPV6)
	}
	// Protocol 0 receives nothing until the filter is there and it is bound.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("open packet socket: %w (grant CAP_NET_RAW)", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	l.file = os.NewFile(uintptr(fd), "packet "+name)
	if address.Is6() {
		err = onlyNeighbourDiscovery(fd)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: l.proto, Ifindex: l.index})
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("packet socket on %s: %w", name, err)
	}
	return l, nil
}

func (l *link) close() { l.file.Close() }

// wireOrder is a number as the socket calls want it: big-endian in memory.
func wireOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// onlyNeighbourDiscovery keeps all other IPv6 traffic of the machine away from
// us: solicitations and advertisements only.
func onlyNeighbourDiscovery(fd int) error {
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1}, // next header
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: nextICMPv6, SkipTrue: 4},
		bpf.LoadAbsolute{Off: ipv6HeaderSize, Size: 1}, // type
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: typeSolicit, SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: typeAdvert, SkipTrue: 1},
		bpf.RetConstant{Val: 1500},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// send puts one packet on the wire.
func (l *link) send(to net.HardwareAddr, packet []byte) error {
	conn, err := l.file.SyscallConn()
	if err != nil {
		return err
	}
	dest := &unix.SockaddrLinklayer{Protocol: l.proto, Ifindex: l.index, Halen: 6}
	copy(dest.Addr[:], to)
	var sent error
	err = conn.Write(func(fd uintptr) bool {
		sent = unix.Sendto(int(fd), packet, 0, dest)
		return sent != unix.EAGAIN
	})
	return errors.Join(err, sent)
}

// The pace of asking and telling.
const (
	probes        = 3
	probeInterval = 300 * time.Millisecond // also after the last
	announceEvery = 200 * time.Millisecond
)

// holder asks the wire who has an address; empty: nobody answers.
func holder(ctx context.Context, name string, address netip.Addr) (string, error) {
	l, err := openLink(name, address)
	if err != nil {
		return "", err
	}
	defer l.close()
	to, packet := broadcast, arpProbe(l.mac, address)
	if address.Is6() {
		to, packet = multicastMAC(solicitedNode(address)), solicitation(address)
	}
	for range probes {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if err := l.send(to, packet); err != nil {
			return "", fmt.Errorf("ask on %s who has %s: %w", name, address, err)
		}
		who, err := l.listen(time.Now().Add(probeInterval), address)
		if who != "" || err != nil {
			return who, err
		}
	}
	return "", nil
}

// listen waits until somebody says that he has the address, or the time is over.
func (l *link) listen(until time.Time, address netip.Addr) (string, error) {
	if err := l.file.SetReadDeadline(until); err != nil {
		return "", err
	}
	buf := make([]byte, 1500)
	for {
		n, err := l.file.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if address.Is4() {
			if mac := arpHolder(buf[:n], l.mac, address); mac != nil {
				return mac.String(), nil
			}
			continue
		}
		switch who := ndpHolder(buf[:n], l.mac, address); len(who) {
		case 6:
			return net.HardwareAddr(who).String(), nil
		case 16:
			return netip.AddrFrom16([16]byte(who)).String(), nil
		}
	}
}

// announce tells the neighbours, times times, that an address is here now.
func announce(ctx context.Context, name string, address netip.Addr, times int) error {
	l, err := openLink(name, address)
	if err != nil {
		return err
	}
	defer l.close()
	to, packets := broadcast, arpAnnouncements(l.mac, address)
	if address.Is6() {
		to, packets = multicastMAC(allNodes), [][]byte{advertisement(l.mac, address)}
	}
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	for i := range times {
		if i > 0 {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for _, p := range packets {
			if err := l.send(to, p); err != nil {
				return err
			}
		}
	}
	return nil
}

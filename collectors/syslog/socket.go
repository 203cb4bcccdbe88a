package syslog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"monitord/internal/httpd"
	"monitord/internal/logkeys"
)

// receiveBuffer is what the kernel is asked to hold of UDP while we are busy:
// some 20,000 messages.
const receiveBuffer = 8 << 20

// socket is an open listener; one of ln and packets is nil.
type socket struct {
	address string
	ln      net.Listener
	packets *net.UDPConn
	inode   uint64 // of packets
	buffer  int    // bytes that the kernel granted
	once    sync.Once
}

func listen(ctx context.Context, k kind, address string) (*socket, error) {
	s := &socket{address: address}
	// 0.0.0.0 is IPv4 alone; [::] is both.
	family := "4"
	if host, _, _ := net.SplitHostPort(address); strings.Contains(host, ":") {
		family = ""
	}
	var err error
	network := "tcp"
	if k == udp {
		network = "udp"
		err = s.listenUDP(ctx, network+family)
	} else {
		s.ln, err = new(net.ListenConfig).Listen(ctx, network+family, address)
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("syslog: listen %s by %s: the port is taken by %s; stop it, or choose another port (logs.syslog.%s.listen: 127.0.0.1:5514) and point the senders there: %w", address, network, owner(network, address), k, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("syslog: listen %s by %s: no right to use a port below 1024; choose another port (logs.syslog.%s.listen: 0.0.0.0:5514) or grant CAP_NET_BIND_SERVICE: %w", address, network, k, err)
	case err != nil:
		return nil, fmt.Errorf("syslog: listen %s by %s: %w", address, network, err)
	}
	return s, nil
}

// owner names who has the port.
func owner(network, address string) string {
	name := httpd.PortOwner(network, address)
	if strings.HasSuffix(name, "(pid "+strconv.Itoa(os.Getpid())+")") {
		return name + ", which is this server itself (a restart moves a listener from one address to another on the same port)"
	}
	return name
}

func (s *socket) listenUDP(ctx context.Context, network string) error {
	pc, err := new(net.ListenConfig).ListenPacket(ctx, network, s.address)
	if err != nil {
		return err
	}
	s.packets = pc.(*net.UDPConn)
	raw, err := s.packets.SyscallConn()
	if err != nil {
		return errors.Join(err, pc.Close())
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = s.tune(int(fd)) })
	if err = errors.Join(err, inner); err != nil {
		return errors.Join(err, pc.Close())
	}
	return nil
}

// tune asks for a large buffer: beyond net.core.rmem_max that takes CAP_NET_ADMIN.
func (s *socket) tune(fd int) error {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return fmt.Errorf("set SO_RCVBUF: %w", err)
		}
	}
	granted, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("get SO_RCVBUF: %w", err)
	}
	s.buffer = granted / 2 // the kernel doubles it for its own bookkeeping
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("stat the socket: %w", err)
	}
	s.inode = st.Ino
	return nil
}

// noteBuffer says how the kernel's buffer can be larger.
func (s *Server) noteBuffer(socket *socket) {
	if socket.packets != nil && socket.buffer < receiveBuffer {
		s.deps.Logger.Info("the kernel holds less of a burst of syslog by UDP than we asked for (sysctl -w net.core.rmem_max=8388608 before the start)", logkeys.Bytes, socket.buffer)
	}
}

func (s *socket) close() {
	s.once.Do(func() {
		if s.ln != nil {
			_ = s.ln.Close()
		} else {
			_ = s.packets.Close()
		}
	})
}

// kernelDrops is what sockets of UDP have dropped since the start because their
// buffers were full.
func (s *Server) kernelDrops() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.kernel
	if socket := s.want[udp]; socket != nil {
		n += socket.drops()
	}
	return n
}

// drops reads /proc/net/udp and udp6.
func (s *socket) drops() uint64 {
	for _, path := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		n, found := readDrops(f, s.inode)
		f.Close()
		if found {
			return n
		}
	}
	return 0
}

// readDrops finds a socket by its inode, the tenth column; its drops are the last
// one. Source: udp4_format_sock of net/ipv4/udp.c.
func readDrops(r io.Reader, inode uint64) (uint64, bool) {
	want := strconv.FormatUint(inode, 10)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) > 12 && f[9] == want {
			n, err := strconv.ParseUint(f[12], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

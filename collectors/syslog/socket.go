package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"monitord/internal/httpd"
	"monitord/internal/logkeys"
	"monitord/internal/udpsocket"
)

// receiveBuffer is what the kernel is asked to hold of UDP while we are busy:
// some 20,000 messages.
const receiveBuffer = 8 << 20

// socket is an open listener; one of ln and packets is nil.
type socket struct {
	address string
	ln      net.Listener
	packets *net.UDPConn
	kernel  udpsocket.Socket // of packets
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
	if s.kernel, err = udpsocket.Tune(s.packets, receiveBuffer); err != nil {
		return errors.Join(err, pc.Close())
	}
	return nil
}

// noteBuffer says how the kernel's buffer can be larger.
func (s *Server) noteBuffer(socket *socket) {
	if socket.packets != nil && socket.kernel.Granted < receiveBuffer {
		s.deps.Logger.Info("the kernel holds less of a burst of syslog by UDP than we asked for (sysctl -w net.core.rmem_max=8388608 before the start)", logkeys.Bytes, socket.kernel.Granted)
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
		n += socket.kernel.Drops()
	}
	return n
}

// Package udpsocket asks the kernel for room in a UDP socket, and how much it
// dropped for the lack of it (socket(7), proc(5)).
package udpsocket

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Socket is what the kernel says of one socket.
type Socket struct {
	Inode   uint64 // 0 is none: Drops is 0 then
	Granted int    // bytes that its buffer holds
}

// Tune asks for a buffer of so many bytes: beyond net.core.rmem_max that takes
// CAP_NET_ADMIN, and without it less is granted.
func Tune(conn *net.UDPConn, buffer int) (Socket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Socket{}, err
	}
	var s Socket
	var inner error
	err = raw.Control(func(fd uintptr) { s, inner = tune(int(fd), buffer) })
	return s, errors.Join(err, inner)
}

func tune(fd, buffer int) (Socket, error) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer); err != nil {
			return Socket{}, fmt.Errorf("set SO_RCVBUF: %w", err)
		}
	}
	granted, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return Socket{}, fmt.Errorf("get SO_RCVBUF: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Socket{}, fmt.Errorf("stat the socket: %w", err)
	}
	// The kernel doubles it for its own bookkeeping.
	return Socket{Inode: st.Ino, Granted: granted / 2}, nil
}

// Drops is how many datagrams the kernel has dropped since the socket was opened,
// because its buffer was full.
func (s Socket) Drops() uint64 {
	for _, path := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		n, found := readDrops(f, s.Inode)
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

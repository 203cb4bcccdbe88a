package icmp

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many messages one system call moves. More would save little
// and make the measured times of the last ones longer: each costs the kernel
// some microseconds.
const batchSize = 32

// replyBytes is how much of a reply is read: an IPv4 header with all options,
// the ICMP header and our token. The rest of a big one is cut off.
const replyBytes = 60 + icmpHeader + tokenSize

// mmsghdr is struct mmsghdr of sendmmsg(2) and recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32 // bytes that were moved
}

// batch is the memory of one direction; the kernel is given pointers into it.
type batch struct {
	hdrs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	to4   [batchSize]unix.RawSockaddrInet4
	to6   [batchSize]unix.RawSockaddrInet6
	bytes [batchSize][]byte
}

// load places one message to an address at i.
func (b *batch) load(i int, to netip.Addr, zone uint32, message []byte) {
	b.aim(i, message)
	h := &b.hdrs[i].hdr
	if to.Is4() {
		b.to4[i] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.As4()}
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.to4[i])), unix.SizeofSockaddrInet4
		return
	}
	b.to6[i] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.As16(), Scope_id: zone}
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(&b.to6[i])), unix.SizeofSockaddrInet6
}

// aim points the header at i to a piece of memory.
func (b *batch) aim(i int, at []byte) {
	b.bytes[i] = at
	b.iovs[i].Base = &at[0]
	b.iovs[i].SetLen(len(at))
	h := &b.hdrs[i].hdr
	*h = unix.Msghdr{Iov: &b.iovs[i]}
	h.SetIovlen(1)
}

// buffer is n bytes for the message at i, reused.
func (b *batch) buffer(i, n int) []byte {
	if cap(b.bytes[i]) < n {
		b.bytes[i] = make([]byte, n)
	}
	return b.bytes[i][:n]
}

// send sends the messages from i to n and returns how many left. The error is
// about the first that did not.
func (b *batch) send(fd, i, n int) (int, error) { return b.call(unix.SYS_SENDMMSG, fd, i, n) }

// receive takes up to batchSize messages without waiting; their lengths are in hdrs.
func (b *batch) receive(fd int) (int, error) { return b.call(unix.SYS_RECVMMSG, fd, 0, batchSize) }

func (b *batch) call(trap uintptr, fd, i, n int) (int, error) {
	for {
		done, _, no := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.hdrs[i])), uintptr(n-i), unix.MSG_DONTWAIT, 0, 0)
		if no == unix.EINTR {
			continue
		}
		if no != 0 {
			return 0, no
		}
		return int(done), nil
	}
}

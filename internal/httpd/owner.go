package httpd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// States of include/net/tcp_states.h: TCP_LISTEN, and TCP_CLOSE, which is that of
// every UDP socket that is connected to nobody.
const (
	listening   = "0A"
	unconnected = "07"
)

// PortOwner says who listens on the port of address: "nginx (pid 123)". network is
// tcp or udp.
func PortOwner(network, address string) string {
	_, portText, err := net.SplitHostPort(address)
	if err != nil {
		return "another program"
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return "another program"
	}
	inodes := map[string]bool{}
	state, option := listening, "t"
	if network == "udp" {
		state, option = unconnected, "u"
	}
	for _, path := range []string{"/proc/net/" + network, "/proc/net/" + network + "6"} {
		if f, err := os.Open(path); err == nil {
			listenInodes(f, uint16(port), state, inodes)
			f.Close()
		}
	}
	if pid, comm := socketOwner("/proc", inodes); pid != "" {
		return fmt.Sprintf("%s (pid %s)", comm, pid)
	}
	return fmt.Sprintf("another user's program (as root: ss -l%snp 'sport = :%d')", option, port)
}

// listenInodes adds the inodes of the sockets on port that are in a state.
// Source: Documentation/networking/proc_net_tcp.rst: sl, local_address as
// hex IP:PORT, rem_address, st, …, inode in the tenth column.
func listenInodes(r io.Reader, port uint16, state string, into map[string]bool) {
	want := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) > 9 && f[3] == state && strings.HasSuffix(f[1], want) && f[9] != "0" {
			into[f[9]] = true
		}
	}
}

// socketOwner finds the process that holds one of the sockets. Without root it
// sees our own processes only.
func socketOwner(proc string, inodes map[string]bool) (pid, comm string) {
	if len(inodes) == 0 {
		return "", ""
	}
	links, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return "", ""
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil {
			continue // the process ended, or is not ours
		}
		inode, isSocket := strings.CutPrefix(target, "socket:[")
		if !isSocket || !inodes[strings.TrimSuffix(inode, "]")] {
			continue
		}
		dir := filepath.Dir(filepath.Dir(link))
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			continue
		}
		return filepath.Base(dir), strings.TrimSpace(string(name))
	}
	return "", ""
}

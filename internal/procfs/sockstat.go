package procfs

// Sockstat is the sockets in use, from /proc/net/sockstat and sockstat6. All
// are gauges.
type Sockstat struct {
	Sockets, TCP, TCPTimeWait, UDP, Raw, Frag uint64
	TCP6, UDP6, Raw6, Frag6                   uint64
}

// ParseSockstat reads /proc/net/sockstat, or sockstat6, into its half of s.
func ParseSockstat(b []byte, s *Sockstat) {
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		proto, rest := cutField(line)
		for {
			var key []byte
			var v uint64
			var ok bool
			key, rest = cutField(rest)
			v, rest, ok = cutUint(rest)
			if !ok {
				break
			}
			s.set(proto, key, v)
		}
	}
}

func (s *Sockstat) set(proto, key []byte, v uint64) {
	if string(key) == "tw" && string(proto) == "TCP:" {
		s.TCPTimeWait = v
	}
	if k := string(key); k != "inuse" && k != "used" {
		return
	}
	switch string(proto) {
	case "sockets:":
		s.Sockets = v
	case "TCP:":
		s.TCP = v
	case "UDP:":
		s.UDP = v
	case "RAW:":
		s.Raw = v
	case "FRAG:":
		s.Frag = v
	case "TCP6:":
		s.TCP6 = v
	case "UDP6:":
		s.UDP6 = v
	case "RAW6:":
		s.Raw6 = v
	case "FRAG6:":
		s.Frag6 = v
	}
}

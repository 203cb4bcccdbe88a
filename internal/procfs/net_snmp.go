package procfs

import "bytes"

// NetSnmp is /proc/net/snmp: per protocol a line of names and a line of
// numbers. Names are those of RFC 2011 to 2013.
type NetSnmp struct {
	protos []snmpProto
}

type snmpProto struct {
	name   string
	keys   []string
	values []uint64
}

// Get returns one counter, such as Get("Tcp", "InSegs"); ok is false when
// this kernel does not count it. A negative number (MaxConn -1) is zero.
func (n *NetSnmp) Get(proto, key string) (v uint64, ok bool) {
	for i := range n.protos {
		p := &n.protos[i]
		if p.name != proto {
			continue
		}
		for j, k := range p.keys {
			if k == key && j < len(p.values) {
				return p.values[j], true
			}
		}
	}
	return 0, false
}

// Empty reports whether the file held no protocol.
func (n *NetSnmp) Empty() bool { return len(n.protos) == 0 }

// ParseNetSnmp reads /proc/net/snmp.
func ParseNetSnmp(b []byte, n *NetSnmp) {
	n.protos = n.protos[:0]
	for len(b) > 0 {
		var head, nums []byte
		head, b = cutLine(b)
		name, keys, ok := bytes.Cut(head, []byte{':'})
		if !ok {
			continue
		}
		nums, b = cutLine(b)
		same, values, ok := bytes.Cut(nums, []byte{':'})
		if !ok || !bytes.Equal(name, same) {
			continue
		}
		n.protos = extend(n.protos)
		p := &n.protos[len(n.protos)-1]
		p.name = intern(p.name, name)
		p.fill(keys, values)
	}
}

func (p *snmpProto) fill(keys, values []byte) {
	p.keys, p.values = p.keys[:0], p.values[:0]
	for {
		var k, v []byte
		k, keys = cutField(keys)
		v, values = cutField(values)
		if len(k) == 0 || len(v) == 0 {
			return
		}
		p.keys = extend(p.keys)
		p.keys[len(p.keys)-1] = intern(p.keys[len(p.keys)-1], k)
		n, _ := parseInt(v)
		u, ok := parseUint(v)
		if !ok {
			u = uint64(max(n, 0))
		}
		p.values = append(p.values, u)
	}
}

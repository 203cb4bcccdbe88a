package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"monitord/collectors/snmp"
)

// agentsVerb makes this program serve SNMP in place of the tests, so that the
// agents' own time is another process's: agents COUNT ROWS PORT.
const agentsVerb = "agents"

func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == agentsVerb {
		if err := serveAgents(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// agentAddress is the address of the i-th agent.
func agentAddress(i int) string { return fmt.Sprintf("127.9.%d.%d", i/250, 1+i%250) }

// startAgents starts agents of so many interfaces, all on one port.
func startAgents(b *testing.B, count, rows int) (agents *program, port int) {
	b.Helper()
	_, text, err := net.SplitHostPort(freeAddr(b))
	if err != nil {
		b.Fatal(err)
	}
	agents = start(b, os.Args[0], agentsVerb, strconv.Itoa(count), strconv.Itoa(rows), text)
	port, _ = strconv.Atoi(text)
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Credentials.Community, d.Retries, d.BackOff = agentAddress(count-1), port, "public", 100, 1
	d.Timeout = 50 * time.Millisecond
	for range 200 { // another process: there is nothing to wait on
		s, err := snmp.Open(b.Context(), d)
		if err == nil {
			_, err = s.Get(b.Context(), snmp.MustOID(".1.3.6.1.2.1.1.3.0"))
			s.Close()
		}
		if err == nil {
			return agents, port
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatalf("the agents do not answer:\n%s", &agents.log)
	return nil, 0
}

// canned is what every agent has, sorted: whole varbinds as they are sent.
type canned struct {
	oids  []snmp.OID
	vars  [][]byte
	at    map[snmp.OID]int
	began time.Time
}

// The tags of what agents send.
const (
	berInteger  = 0x02
	berString   = 0x04
	berOID      = 0x06
	berSequence = 0x30
	berEnd      = 0x82 // endOfMibView
	berNone     = 0x81 // noSuchInstance
	berGet      = 0xa0
	berGetNext  = 0xa1
	berAnswer   = 0xa2
	berGetBulk  = 0xa5
)

// tlv appends a tag, a length and a value.
func tlv(b []byte, tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	switch b = append(b, tag); {
	case n < 0x80:
		b = append(b, byte(n))
	default:
		b = append(b, 0x82, byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// varbind is one object with its value.
func varbind(oid snmp.OID, tag byte, value []byte) []byte {
	return tlv(nil, berSequence, tlv(nil, berOID, []byte(oid)), tlv(nil, tag, value))
}

// newCanned is sysUpTime, ifTable and ifXTable whole, every counter at work.
func newCanned(rows int) *canned {
	c := &canned{at: map[snmp.OID]int{}, began: time.Now()}
	add := func(oid snmp.OID, tag byte, value []byte) {
		c.oids, c.vars = append(c.oids, oid), append(c.vars, varbind(oid, tag, value))
	}
	number := func(n, size int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n))[8-size:] }
	add(sysUpTime, 0x43, number(0, 4)) // put in when it is asked for
	for row := 1; row <= rows; row++ {
		name := []byte(fmt.Sprint("GigabitEthernet0/", row))
		cell := func(table, column int) snmp.OID {
			if table == 2 {
				return snmp.MustOID(fmt.Sprintf(".1.3.6.1.2.1.2.2.1.%d.%d", column, row))
			}
			return snmp.MustOID(fmt.Sprintf(".1.3.6.1.2.1.31.1.1.1.%d.%d", column, row))
		}
		for column := 1; column <= 22; column++ { // ifTable
			switch {
			case column == 2 || column == 6:
				add(cell(2, column), berString, name)
			case column == 5:
				add(cell(2, column), 0x42, number(1_000_000_000, 4))
			case column == 7 || column == 8:
				add(cell(2, column), berInteger, number(1, 1))
			case column == 22:
				add(cell(2, column), berOID, []byte{0})
			case column >= 10:
				add(cell(2, column), 0x41, number(1<<28+column<<16+row, 4))
			default:
				add(cell(2, column), berInteger, number(row, 2))
			}
		}
		for column := 1; column <= 19; column++ { // ifXTable
			switch {
			case column == 1 || column == 18:
				add(cell(31, column), berString, name)
			case column == 15:
				add(cell(31, column), 0x42, number(1000, 2))
			case column == 19:
				add(cell(31, column), 0x43, number(0, 1))
			case column >= 6 && column <= 13:
				add(cell(31, column), 0x46, number(1<<40+column<<20+row, 8))
			case column <= 5:
				add(cell(31, column), 0x41, number(1<<24+row, 4))
			default:
				add(cell(31, column), berInteger, number(1, 1))
			}
		}
	}
	place := make([]int, len(c.oids))
	for i := range place {
		place[i] = i
	}
	slices.SortFunc(place, func(a, b int) int { return c.oids[a].Compare(c.oids[b]) })
	oids, vars := make([]snmp.OID, len(place)), make([][]byte, len(place))
	for i, from := range place {
		oids[i], vars[i] = c.oids[from], c.vars[from]
		c.at[oids[i]] = i
	}
	c.oids, c.vars = oids, vars
	return c
}

var sysUpTime = snmp.MustOID(".1.3.6.1.2.1.1.3.0")

// serveAgents answers for all agents until the process is ended.
func serveAgents(args []string) error {
	var n [3]int
	for i, a := range args {
		var err error
		if n[i], err = strconv.Atoi(a); err != nil {
			return err
		}
	}
	c := newCanned(n[1])
	var all sync.WaitGroup
	for i := range n[0] {
		conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", net.JoinHostPort(agentAddress(i), strconv.Itoa(n[2])))
		if err != nil {
			return err
		}
		all.Go(func() { c.serve(conn.(*net.UDPConn)) })
	}
	all.Wait()
	return errors.New("nothing to serve any more")
}

func (c *canned) serve(conn *net.UDPConn) {
	in, vars, out := make([]byte, 65536), make([]byte, 0, 65536), make([]byte, 0, 65536)
	for {
		n, peer, err := conn.ReadFromUDPAddrPort(in)
		if err != nil {
			return
		}
		if out, vars = c.answer(in[:n], vars[:0], out[:0]); len(out) > 0 {
			conn.WriteToUDPAddrPort(out, peer)
		}
	}
}

// part reads one tag, length and value of a request that our own or a peer's
// program wrote: it is well-formed.
func part(b []byte) (tag byte, value, rest []byte) {
	n, head := int(b[1]), 2
	if n >= 0x80 {
		for n, head = 0, 2; head < 2+int(b[1]&0x7f); head++ {
			n = n<<8 | int(b[head])
		}
	}
	return b[0], b[head : head+n], b[head+n:]
}

// answer is what an agent says to a request.
func (c *canned) answer(request, vars, out []byte) (answer, scratch []byte) {
	_, body, _ := part(request)
	_, version, body := part(body)
	_, community, body := part(body)
	kind, pdu, _ := part(body)
	_, id, pdu := part(pdu)
	_, _, pdu = part(pdu)
	_, repeats, pdu := part(pdu)
	_, list, _ := part(pdu)
	for len(list) > 0 {
		var one []byte
		_, one, list = part(list)
		_, oid, _ := part(one)
		at, known := c.at[snmp.OID(oid)]
		switch {
		case kind == berGet && known && snmp.OID(oid) == sysUpTime:
			ticks := uint32(time.Since(c.began)/(10*time.Millisecond)) + 360000
			vars = append(vars, varbind(sysUpTime, 0x43, binary.BigEndian.AppendUint32(nil, ticks))...)
		case kind == berGet && known:
			vars = append(vars, c.vars[at]...)
		case kind == berGet:
			vars = append(vars, varbind(snmp.OID(oid), berNone, nil)...)
		default:
			if known {
				at++
			} else {
				at, _ = slices.BinarySearchFunc(c.oids, snmp.OID(oid), snmp.OID.Compare)
			}
			vars = c.following(vars, snmp.OID(oid), at, kind, repeats)
		}
	}
	pdu = tlv(nil, berInteger, id)
	pdu = append(pdu, berInteger, 1, 0, berInteger, 1, 0)
	head := tlv(tlv(nil, berInteger, version), berString, community)
	return tlv(out, berSequence, head, tlv(nil, berAnswer, pdu, tlv(nil, berSequence, vars))), vars
}

// following is what comes from a place on: one, or as many as a bulk wants.
func (c *canned) following(vars []byte, oid snmp.OID, at int, kind byte, repeats []byte) []byte {
	want := 1
	if kind == berGetBulk {
		want = 0
		for _, x := range repeats {
			want = want<<8 | int(x)
		}
	}
	for range want {
		if at == len(c.vars) {
			return append(vars, varbind(oid, berEnd, nil)...)
		}
		vars = append(vars, c.vars[at]...)
		oid, at = c.oids[at], at+1
	}
	return vars
}

// Package snmpagent is an SNMP agent for tests that can misbehave: it answers
// v1 and v2c requests from a table, by gosnmp's coder and not by ours, and lets
// a test change every answer.
package snmpagent

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosnmp/gosnmp"
)

// Agent is a running agent.
type Agent struct {
	Port  int
	Conn  *net.UDPConn
	asked atomic.Int64
}

// Asked is how many requests came so far.
func (a *Agent) Asked() int { return int(a.asked.Load()) }

// Reply is what goes out for one request: any number of datagrams.
type Reply struct {
	Request *gosnmp.SnmpPacket
	N       int // of the request, from 1
	Peer    *net.UDPAddr
	Packet  *gosnmp.SnmpPacket // the honest answer; nil sends nothing
	Raw     [][]byte           // sent before Packet
	Twice   bool
	From    *net.UDPConn // sends it; nil is the agent's own socket
}

// New starts an agent that has the objects, sorted by OID, and asks change what
// to do with each answer (nil: nothing). The test's end stops it.
func New(tb testing.TB, objects []gosnmp.SnmpPDU, change func(*Reply)) *Agent {
	tb.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	slices.SortFunc(objects, func(a, b gosnmp.SnmpPDU) int { return compare(a.Name, b.Name) })
	a := &Agent{Port: conn.LocalAddr().(*net.UDPAddr).Port, Conn: conn}
	var done sync.WaitGroup
	done.Go(func() { a.serve(objects, change) })
	tb.Cleanup(func() { conn.Close(); done.Wait() })
	return a
}

func (a *Agent) serve(objects []gosnmp.SnmpPDU, change func(*Reply)) {
	coder := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	buf := make([]byte, 65536)
	for {
		n, peer, err := a.Conn.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		request, err := coder.SnmpDecodePacket(slices.Clone(buf[:n]))
		if err != nil {
			continue
		}
		r := &Reply{Request: request, Peer: peer, N: int(a.asked.Add(1)), From: a.Conn}
		r.Packet = answer(objects, request)
		if change != nil {
			change(r)
		}
		r.send()
	}
}

func (r *Reply) send() {
	for _, raw := range r.Raw {
		r.From.WriteToUDP(raw, r.Peer)
	}
	if r.Packet == nil {
		return
	}
	out, err := r.Packet.MarshalMsg()
	if err != nil {
		return
	}
	r.From.WriteToUDP(out, r.Peer)
	if r.Twice {
		r.From.WriteToUDP(out, r.Peer)
	}
}

// Answer is the honest answer of an agent that has the objects, in any order.
func Answer(objects []gosnmp.SnmpPDU, q *gosnmp.SnmpPacket) *gosnmp.SnmpPacket {
	slices.SortFunc(objects, func(a, b gosnmp.SnmpPDU) int { return compare(a.Name, b.Name) })
	return answer(objects, q)
}

func answer(objects []gosnmp.SnmpPDU, q *gosnmp.SnmpPacket) *gosnmp.SnmpPacket {
	p := &gosnmp.SnmpPacket{Version: q.Version, Community: q.Community, PDUType: gosnmp.GetResponse, RequestID: q.RequestID}
	rounds := 1
	if q.PDUType == gosnmp.GetBulkRequest {
		rounds = int(q.MaxRepetitions)
	}
	names := make([]string, 0, len(q.Variables))
	for _, v := range q.Variables {
		names = append(names, v.Name)
	}
	for more := true; more && rounds > 0; rounds-- {
		more = false
		for i, name := range names {
			v := find(objects, name, q.PDUType != gosnmp.GetRequest)
			if v.Type >= gosnmp.NoSuchObject && q.Version == gosnmp.Version1 {
				p.Error, p.ErrorIndex, p.Variables = gosnmp.NoSuchName, uint8(i+1), q.Variables
				return p
			}
			p.Variables = append(p.Variables, v)
			names[i], more = v.Name, more || v.Type != gosnmp.EndOfMibView
		}
	}
	return p
}

func find(objects []gosnmp.SnmpPDU, name string, after bool) gosnmp.SnmpPDU {
	i, same := slices.BinarySearchFunc(objects, name, func(o gosnmp.SnmpPDU, n string) int { return compare(o.Name, n) })
	switch {
	case !after && same:
		return objects[i]
	case !after:
		return gosnmp.SnmpPDU{Name: name, Type: gosnmp.NoSuchInstance}
	case same:
		i++
	}
	if i == len(objects) {
		return gosnmp.SnmpPDU{Name: name, Type: gosnmp.EndOfMibView}
	}
	return objects[i]
}

// compare orders OIDs by their numbers.
func compare(a, b string) int {
	x, y := strings.Split(strings.Trim(a, "."), "."), strings.Split(strings.Trim(b, "."), ".")
	return slices.CompareFunc(x, y, func(p, q string) int {
		m, _ := strconv.ParseUint(p, 10, 32)
		n, _ := strconv.ParseUint(q, 10, 32)
		return int(int64(m) - int64(n))
	})
}

// Numbers are n integers 1 to n below root.
func Numbers(root string, n int) []gosnmp.SnmpPDU {
	var all []gosnmp.SnmpPDU
	for i := range n {
		all = append(all, gosnmp.SnmpPDU{Name: root + "." + strconv.Itoa(i+1), Type: gosnmp.Integer, Value: i + 1})
	}
	return all
}

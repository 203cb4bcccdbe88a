package snmp

import (
	"slices"
	"testing"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
)

// BenchmarkAnswer reads one bulk answer of 50 varbinds, ours and gosnmp's.
func BenchmarkAnswer(b *testing.B) {
	const rows = 50
	p := &gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: "public", PDUType: gosnmp.GetResponse, RequestID: 7}
	for _, v := range snmpagent.Numbers(".1.3.6.1.2.1.31.1.1.1.6", rows) {
		p.Variables = append(p.Variables, gosnmp.SnmpPDU{Name: v.Name, Type: gosnmp.Counter64, Value: uint64(123456789012)})
	}
	msg, err := p.MarshalMsg()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		var a Answer
		for b.Loop() {
			if _, err := parseCommunity(string(msg), V2c, nil, &a); err != nil || len(a.Vars) != rows {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/varbind")
	})
	b.Run("gosnmp", func(b *testing.B) {
		b.ReportAllocs()
		g := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
		for b.Loop() {
			if got, err := g.SnmpDecodePacket(slices.Clone(msg)); err != nil || len(got.Variables) != rows {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/varbind")
	})
}

// BenchmarkWalk is a whole walk of 1,000 objects, the agent's work included.
func BenchmarkWalk(b *testing.B) {
	agent := snmpagent.New(b, snmpagent.Numbers(table, 1000), nil)
	s := open(b, patient(device(agent.Port)))
	n := 0
	for b.Loop() {
		if err := s.Walk(b.Context(), MustOID(table), func(Varbind) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
	if n != b.N*1000 {
		b.Errorf("%d objects in %d walks", n, b.N)
	}
}

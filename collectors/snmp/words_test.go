package snmp

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"
)

func TestRequestsAreWhatGoSNMPWrites(t *testing.T) {
	oids := []OID{MustOID(".1.3.6.1.2.1.1.1.0"), MustOID(".2.999.4294967295.0.128"), MustOID(".1.3." + strings.Repeat("16384.", 100) + "1")}
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	for _, r := range []request{
		{kind: pduGet, oids: oids}, {kind: pduGetNext, oids: oids[:1]}, {kind: pduGetBulk, oids: oids[:2], nonRepeaters: 1, maxRepetition: 300}, {kind: pduGet},
	} {
		got, err := g.SnmpDecodePacket(appendCommunity(nil, V2c, strings.Repeat("c", 200), 12345, r))
		if err != nil {
			t.Fatal(err)
		}
		if got.RequestID != 12345 || got.Community != strings.Repeat("c", 200) || byte(got.PDUType) != byte(r.kind) || len(got.Variables) != len(r.oids) {
			t.Errorf("%+v", got)
		}
		if r.kind == pduGetBulk && (got.MaxRepetitions != 300 || got.NonRepeaters != 1) {
			t.Errorf("%+v", got)
		}
		for i, v := range got.Variables {
			if v.Name != r.oids[i].String() || v.Type != gosnmp.Null {
				t.Errorf("%d: %+v", i, v)
			}
		}
	}
}

func TestOIDsAreTakenApart(t *testing.T) {
	column := MustOID("1.3.6.1.2.1.2.2.1.10")
	row := column.Append(4, 128, 4294967295)
	index, ok := row.Index(column)
	if !ok || index.IndexText() != "4.128.4294967295" || !slices.Equal(slices.Collect(index.Numbers()), []uint32{4, 128, 4294967295}) {
		t.Errorf("%q %v", index.IndexText(), ok)
	}
	if _, ok := column.Index(column); ok {
		t.Error("a column is no row of itself")
	}
	if row.String() != ".1.3.6.1.2.1.2.2.1.10.4.128.4294967295" || !row.HasPrefix(column) || !row.HasPrefix("") {
		t.Error(row)
	}
	for _, bad := range []string{"1", ".3.1", "1.40", "1..2", "1.3.x", "1.3.-1", "1.3.4294967296", "1.3." + strings.Repeat("1.", 200) + "1"} {
		if o, err := ParseOID(bad); err == nil {
			t.Errorf("%q is read as %s", bad, o)
		}
	}
	for _, bad := range []string{"\x2b\x80\x01", "\x2b\x81", "\x2b\x90\x80\x80\x80\x00"} {
		if checkOID(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestValuesAreRead(t *testing.T) {
	for _, tt := range []struct {
		typ  Type
		raw  string
		want float64
		ok   bool
	}{
		{TypeInteger, "\xff", -1, true}, {TypeInteger, "\x80\x00\x00\x00", -2147483648, true}, {TypeCounter32, "\x00\xff\xff\xff\xff", 4294967295, true},
		{TypeGauge32, "\xff\xff\xff\xff", 4294967295, true}, {TypeCounter64, "\x00\xff\xff\xff\xff\xff\xff\xff\xff", 18446744073709551615, true},
		{TypeOpaque, "\x9f\x78\x04\x3e\x80\x00\x00", 0.25, true}, {TypeOpaque, "\x9f\x79\x08\x3f\xf0\x00\x00\x00\x00\x00\x00", 1, true},
		{TypeOpaque, "\x9f\x7a\x01\xfb", -5, true}, {TypeOpaque, "\x9f\x76\x02\x01\x00", 256, true}, {TypeOpaque, "\x9f\x78\x05\x3e\x80\x00\x00", 0, false}, {TypeOctetString, "5", 0, false},
	} {
		v := Varbind{Type: tt.typ}
		if err := v.setRaw(tt.raw); err != nil {
			t.Fatal(err)
		}
		if got, ok := v.Number(); got != tt.want || ok != tt.ok {
			t.Errorf("%#x %q: %v %v", tt.typ, tt.raw, got, ok)
		}
	}
	if a := (Varbind{Type: TypeIPAddress, Raw: "\x0a\x00\x00\x01"}).Addr(); a != netip.MustParseAddr("10.0.0.1") {
		t.Error(a)
	}
	if Status(18).String() != "inconsistentName" || Status(99).String() != "error-status 99" {
		t.Error("status names")
	}
}

func TestAgentsAreReadAsNetSnmpWritesThem(t *testing.T) {
	for in, want := range map[string]struct {
		address string
		port    int
		family  string
	}{
		"h": {"h", 161, ""}, "h:1161": {"h", 1161, ""}, "udp:h:1161": {"h", 1161, ""}, "udp:h": {"h", 161, ""}, "UDP:10.0.0.1": {"10.0.0.1", 161, ""},
		"udp6:[2001:db8::1]:1161": {"2001:db8::1", 1161, "6"}, "[2001:db8::1]:1161": {"2001:db8::1", 1161, ""}, "2001:db8::1": {"2001:db8::1", 161, ""},
		"udp6:[::1]": {"::1", 161, "6"}, "udp6:::1": {"::1", 161, "6"}, "udp:1161": {"localhost", 1161, ""}, "1161": {"1161", 161, ""},
	} {
		address, port, family, err := ParseAgent(in)
		if err != nil || address != want.address || port != want.port || family != want.family {
			t.Errorf("%q: %q %d %q %v", in, address, port, family, err)
		}
	}
	for _, bad := range []string{"", "h:0", "h:x", "h:65536", "[::1", "[::1]x", "tcp:h:161", "udp:"} {
		if address, port, _, err := ParseAgent(bad); err == nil {
			t.Errorf("%q: %q %d", bad, address, port)
		}
	}
}

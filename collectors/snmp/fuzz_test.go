package snmp

import (
	"slices"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"
)

// answers are well-formed messages that the fuzzers begin with.
func answers(f *testing.F) [][]byte {
	f.Helper()
	var all [][]byte
	for _, vars := range [][]gosnmp.SnmpPDU{
		{{Name: ".1.3.6.1.2.1.1.1.0", Type: gosnmp.OctetString, Value: []byte("text")}, {Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(4294967295)}},
		{{Name: ".2.999.4294967295", Type: gosnmp.Counter64, Value: uint64(18446744073709551615)}, {Name: ".1.3", Type: gosnmp.EndOfMibView}},
		{{Name: ".1.3.6", Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1"}, {Name: ".1.3.6.1", Type: gosnmp.Integer, Value: -5}, {Name: ".1.3.7", Type: gosnmp.IPAddress, Value: "10.0.0.1"}},
	} {
		p := &gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: "public", PDUType: gosnmp.GetResponse, RequestID: 7, Variables: vars}
		b, err := p.MarshalMsg()
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// An answer may hold anything. What we read of it, gosnmp reads alike where it
// reads it at all.
func FuzzAnswer(f *testing.F) {
	for _, b := range answers(f) {
		f.Add(b)
		for cut := 0; cut < len(b); cut += 5 {
			f.Add(b[:cut])
		}
		lying := slices.Clone(b)
		lying[1] = 0x84
		f.Add(lying)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a Answer
		_, err := parseCommunity(string(b), V2c, nil, &a)
		if len(a.Vars) > len(b)/4 {
			t.Fatalf("%d varbinds of %d bytes", len(a.Vars), len(b))
		}
		if err != nil {
			return
		}
		var asked []OID
		for _, v := range a.Vars {
			asked = append(asked, v.OID)
		}
		var known Answer
		if _, err := parseCommunity(string(b), V2c, asked, &known); err != nil || !slices.Equal(known.Vars, a.Vars) {
			t.Fatalf("asked for by name: %v, %v; want %v", known.Vars, err, a.Vars)
		}
		for _, v := range a.Vars {
			if again, err := ParseOID(v.OID.String()); v.OID != "" && (err != nil || again != v.OID) {
				t.Fatalf("OID %q is written as %s and read as %q, %v", v.OID, v.OID, again, err)
			}
			if n, ok := v.Number(); ok && v.Missing() {
				t.Fatalf("%v of nothing, %d", n, v.OpaqueBits())
			}
		}
		g := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
		theirs, err := g.SnmpDecodePacket(slices.Clone(b))
		if err != nil || len(theirs.Variables) != len(a.Vars) {
			return
		}
		for i, p := range theirs.Variables {
			v, err := fromGoSNMP(p)
			if err != nil || a.Vars[i].OID == "" {
				continue
			}
			if v.OID != a.Vars[i].OID {
				t.Fatalf("varbind %d: ours %s, gosnmp's %s", i, a.Vars[i].OID, v.OID)
			}
			if v.Type == TypeInteger && a.Vars[i].Type == TypeInteger && v.Bits != a.Vars[i].Bits {
				t.Fatalf("varbind %d: ours %d, gosnmp's %d", i, a.Vars[i].Int(), v.Int())
			}
		}
	})
}

func FuzzV3Header(f *testing.F) {
	g := &gosnmp.GoSNMP{
		Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.NoAuthNoPriv,
		SecurityParameters: &gosnmp.UsmSecurityParameters{UserName: "u", AuthoritativeEngineID: "12345"},
	}
	for _, kind := range []gosnmp.PDUType{gosnmp.GetRequest, gosnmp.Report} {
		b, err := g.SnmpEncodePacket(kind, []gosnmp.SnmpPDU{{Name: ".1.3.6.1.6.3.15.1.1.3.0", Type: gosnmp.Counter32, Value: uint32(1)}}, 0, 0)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, report, _ := peekV3(string(b))
		_ = report.String()
	})
}

func FuzzOID(f *testing.F) {
	f.Add(".1.3.6.1.4.1.4294967295", ".1.3.6.1.4.1.128.0")
	f.Add("2.47", ".")
	f.Fuzz(func(t *testing.T, x, y string) {
		a, errA := ParseOID(x)
		b, errB := ParseOID(y)
		if errA != nil || errB != nil {
			return
		}
		if again, err := ParseOID(a.String()); err != nil || again != a {
			t.Fatalf("%s becomes %s: %v", x, a, err)
		}
		if err := checkOID(string(a)); err != nil && strings.Count(a.String(), ".") < maxSubIDs {
			t.Fatalf("%s: %v", a, err)
		}
		want := slices.Compare(slices.Collect(a.SubIDs()), slices.Collect(b.SubIDs()))
		if got := a.Compare(b); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}

func FuzzAgent(f *testing.F) {
	for _, s := range []string{"h", "h:161", "udp:h:1", "udp6:[::1]:161", "[::1]", "::1", "udp:1161"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		address, port, family, err := ParseAgent(s)
		if err == nil && (address == "" || port < 1 || port > 65535 || family != "" && family != "6") {
			t.Fatalf("%q: %q %d %q", s, address, port, family)
		}
	})
}

func FuzzCredentials(f *testing.F) {
	f.Add("version: 3\nuser: u\nauth_password: secretword\n")
	f.Add("community: secretword")
	f.Add("- secretword")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCredentials("f.yaml", []byte(text))
		if err == nil && c.Validate() != nil {
			t.Fatalf("%q is taken and not valid", text)
		}
	})
}

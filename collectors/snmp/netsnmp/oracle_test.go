package netsnmp

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/goleak"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/internal/testserver/snmpagent"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// theirs runs a program of net-snmp; its exit code does not matter here.
func theirs(t *testing.T, program string, args ...string) string {
	t.Helper()
	script := []string{"-c", `"$0" "$@"; true`, program}
	return testproc.Run(t, testproc.Command{Path: "/bin/sh", Args: append(script, args...), Env: []string{"SNMPCONFPATH=" + t.TempDir(), "MIBS=", "LC_ALL=C"}, Apt: "snmp"})
}

func ours(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	Run(t.Context(), args, &out, &errs)
	return out.String() + errs.String()
}

// smiTypes are SMI's words for our types.
func smiType(n *mib.Node) string {
	word := n.Base.String()
	if n.Base == mib.BaseInteger || n.Base == mib.BaseBits {
		var enums []string
		for _, e := range n.Enums {
			enums = append(enums, fmt.Sprintf("%s(%d)", e.Name, e.Value))
		}
		if enums != nil {
			return word + " { " + strings.Join(enums, ", ") + " }"
		}
	}
	if n.Fixed > 0 {
		word += fmt.Sprintf(" (SIZE (%d))", n.Fixed)
	}
	return word
}

// writeMIBs writes our tables as MIB files, so that net-snmp and we know the
// same names: what is compared is what each makes of them. Our own parser reads
// them too.
func writeMIBs(t *testing.T, names *mib.Names) string {
	t.Helper()
	dir := t.TempDir()
	bodies, imports, types := map[string]*strings.Builder{}, map[string]map[string]string{}, map[string]map[string]bool{}
	for _, n := range names.All() {
		if bodies[n.Module] == nil {
			bodies[n.Module], imports[n.Module], types[n.Module] = &strings.Builder{}, map[string]string{}, map[string]bool{}
		}
		writeNode(bodies[n.Module], imports[n.Module], types[n.Module], names, n)
	}
	for module, body := range bodies {
		var b strings.Builder
		fmt.Fprintf(&b, "%s DEFINITIONS ::= BEGIN\nIMPORTS\n", module)
		for _, name := range slices.Sorted(maps.Keys(imports[module])) {
			fmt.Fprintf(&b, "  %s FROM %s\n", name, imports[module][name])
		}
		fmt.Fprintf(&b, ";\n%sEND\n", body)
		if err := os.WriteFile(filepath.Join(dir, module+".txt"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func writeNode(b *strings.Builder, imports map[string]string, types map[string]bool, names *mib.Names, n *mib.Node) {
	use := func(other *mib.Node) string {
		if other.Module != n.Module {
			imports[other.Name] = other.Module
		}
		return other.Name
	}
	subs := slices.Collect(n.OID.SubIDs())
	place := "iso"
	if parent, rest := names.Nearest(above(n.OID)); parent != nil {
		place = use(parent)
		for sub := range rest.Numbers() {
			place += fmt.Sprintf(" %d", sub)
		}
	} else {
		for _, sub := range subs[1 : len(subs)-1] {
			place += fmt.Sprintf(" %d", sub)
		}
		if subs[0] != 1 { // zeroDotZero
			return
		}
	}
	place += fmt.Sprintf(" %d", subs[len(subs)-1])
	syntax := smiType(n)
	if n.Type != "" && n.Base != mib.BaseNone {
		if !types[n.Type] {
			types[n.Type] = true
			hint := ""
			if n.Hint != "" {
				hint = fmt.Sprintf("DISPLAY-HINT %q ", n.Hint)
			}
			fmt.Fprintf(b, "%s ::= TEXTUAL-CONVENTION %sSTATUS current DESCRIPTION \"\" SYNTAX %s\n", n.Type, hint, syntax)
		}
		syntax = n.Type
	}
	extra := ""
	switch {
	case n.Kind == mib.KindRow:
		syntax = "Row" + n.Name
		var parts []string
		for _, p := range n.Index {
			word := use(p.Node)
			if p.Implied {
				word = "IMPLIED " + word
			}
			parts = append(parts, word)
		}
		extra = "INDEX { " + strings.Join(parts, ", ") + " }\n"
		fmt.Fprintf(b, "Row%s ::= SEQUENCE { x INTEGER }\n", n.Name)
	case n.Kind == mib.KindTable:
		syntax = "SEQUENCE OF Row" + n.Name
	case n.Base == mib.BaseNone:
		fmt.Fprintf(b, "%s OBJECT IDENTIFIER ::= { %s }\n", n.Name, place)
		return
	}
	if n.Units != "" {
		extra += fmt.Sprintf("UNITS %q\n", n.Units)
	}
	fmt.Fprintf(b, "%s OBJECT-TYPE SYNTAX %s %s MAX-ACCESS read-only STATUS current DESCRIPTION \"\"\n%s ::= { %s }\n", n.Name, syntax, unitsFirst(&extra), extra, place)
}

// unitsFirst takes UNITS out of the clauses behind: it stands before the access.
func unitsFirst(extra *string) string {
	i := strings.Index(*extra, "UNITS")
	if i < 0 {
		return ""
	}
	units := (*extra)[i:]
	*extra = (*extra)[:i]
	return units
}

func above(o snmp.OID) snmp.OID {
	text := o.String()
	up, err := snmp.ParseOID(text[:strings.LastIndexByte(text, '.')])
	if err != nil {
		return ""
	}
	return up
}

// objects has one of everything that is printed in its own way.
func objects(t *testing.T, names *mib.Names) []gosnmp.SnmpPDU {
	var all []gosnmp.SnmpPDU
	add := func(name string, typ gosnmp.Asn1BER, value any) {
		oid, err := names.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, gosnmp.SnmpPDU{Name: oid.String(), Type: typ, Value: value})
	}
	text := func(name, value string) { add(name, gosnmp.OctetString, []byte(value)) }
	whole := func(name string, value int) { add(name, gosnmp.Integer, value) }
	text("sysDescr.0", "A \"quoted\" text\\ with\nlines\tand tabs")
	add("sysObjectID.0", gosnmp.ObjectIdentifier, ".1.3.6.1.4.1.8072.3.2.10")
	for i, ticks := range []uint32{0, 8640000, 17280001, 4294967295} {
		add("sysORUpTime."+strconv.Itoa(i+1), gosnmp.TimeTicks, ticks)
	}
	add("sysUpTime.0", gosnmp.TimeTicks, uint32(123456))
	text("sysName.0", "naïve")
	text("sysContact.0", "")
	whole("sysServices.0", 72)
	add("sysORID.1", gosnmp.ObjectIdentifier, ".1.3.6.1.6.3.1")
	text("sysORDescr.2", "with \x00 a nul")
	whole("ifIndex.1", 1)
	text("ifDescr.1", "lo")
	whole("ifType.1", 24)
	whole("ifType.2", 9999)
	add("ifSpeed.1", gosnmp.Gauge32, uint32(4294967295))
	text("ifPhysAddress.1", "")
	text("ifPhysAddress.2", "\x00\x1b\x21\x0a\xff\x01")
	whole("ifAdminStatus.1", 1)
	whole("ifOperStatus.1", 7)
	add("ifInOctets.1", gosnmp.Counter32, uint32(4000000000))
	text("ifSpecific.1", "of another type")
	add("ifHCInOctets.1", gosnmp.Counter64, uint64(18446744073709551615))
	text("hrSystemDate.0", "\x07\xea\x0b\x1d\x10\x22\x05\x03\x2b\x09\x00")
	text("hrSWInstalledDate.1", "\x07\xea\x0b\x1d\x10\x22\x05\x03")
	whole("hrMemorySize.0", 2048)
	whole("hrStorageAllocationUnits.1", 4096)
	add("laLoadFloat.1", gosnmp.OpaqueFloat, float32(0.25))
	add("laLoadFloat.2", gosnmp.OpaqueFloat, float32(123456.789))
	text("laNames.1", "Load-1")
	whole("laErrorFlag.1", 1)
	whole(`ipAddressIfIndex.ipv4."`+"\x7f\x00\x00\x01"+`"`, 1)
	whole(`ipAddressIfIndex.ipv6."`+strings.Repeat("\x00", 15)+"\x01"+`"`, 1)
	whole(`ipAddressIfIndex.ipv4."toolong"`, 1)
	whole("ipAdEntIfIndex.10.0.0.1", 2)
	add("ipAdEntNetMask.10.0.0.1", gosnmp.IPAddress, "255.255.255.0")
	whole("dot1dTpFdbPort.'\x00\x1b!\n\xff\x01'", 3)
	text(`nsExtendOutput1Line."disk free"`, "ok")
	text(`nsExtendOutput1Line.""`, "empty")
	text("lldpLocSysCapEnabled.0", "\x28")
	text("lldpLocSysCapSupported.0", "\x28\x01")
	text("lldpRemSysName.100.2.1", "sw2")
	whole("entPhySensorValue.1", -235)
	whole("entPhySensorType.1", 8)
	whole("upsEstimatedChargeRemaining.0", 97)
	whole("upsOutputSource.0", 3)
	whole("upsInputFrequency.1", 499)
	whole("prtMarkerSuppliesLevel.1.1", -3)
	text("usmUserStatus.\"abcde\".\"noauth\"", "wrong type")
	text("vacmGroupName.3.\"grp\"", "x")
	text("snmpTargetAddrTDomain.'name'", "x")
	add("enterprises.9.9.1.0", gosnmp.OctetString, []byte("\x01\x02\x03\x04\x05\x06\x07\x08 more than sixteen \xff"))
	add("enterprises.9.9.2.0", gosnmp.OctetString, []byte("exactly 16 b\x00\x00\x00\x01"))
	add("enterprises.9.9.3.0", gosnmp.Opaque, []byte{0x9f, 0x7a, 1, 0xfb})
	add("enterprises.9.9.4.0", gosnmp.Opaque, []byte{1, 2, 3})
	add("enterprises.9.9.5.0", gosnmp.Integer, -2147483648)
	add("ifEntry.99.1", gosnmp.Integer, 5)
	add("ifEntry.8", gosnmp.Integer, 5)
	add("tcpConnState.127.0.0.1.22.10.0.0.1.65000", gosnmp.Integer, 5)
	add("atPhysAddress.1.1.10.0.0.1", gosnmp.OctetString, []byte{1, 2, 3, 4, 5, 6})
	return all
}

func TestTextIsNetSnmpsByEveryOption(t *testing.T) {
	names, err := mib.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	dir := writeMIBs(t, names)
	again, err := mib.Load(dir)
	if err != nil || again.Len() < names.Len() {
		t.Fatalf("our parser reads its own files as %d of %d names: %v", again.Len(), names.Len(), err)
	}
	agent := snmpagent.New(t, objects(t, names), nil)
	peer := "127.0.0.1:" + strconv.Itoa(agent.Port)
	all := []string{"-M", dir, "-m", "ALL"}
	none := []string{"-M", dir, "-m", ""}
	for _, o := range []string{"", "-On", "-Os", "-Of", "-Ou", "-Oq", "-OQ", "-Ov", "-Oe", "-Ot", "-OU", "-O0", "-Ob", "-OX", "-OE", "-OUqsX"} {
		compareWalks(t, o, peer, all, []string{"-m", "ALL"})
	}
	for _, o := range []string{"", "-On", "-Of", "-Oqv", "-Oa", "-Ox", "-OT", "-Oxq"} {
		compareWalks(t, o, peer, none, []string{"-m", ""})
	}
}

// compareWalks walks everything with both programs and one output option.
func compareWalks(t *testing.T, output, peer string, theirNames, ourNames []string) {
	t.Helper()
	args := []string{"-v2c", "-c", "public"}
	if output != "" {
		args = append(args, output)
	}
	want := theirs(t, "snmpbulkwalk", slices.Concat(args, theirNames, []string{peer, ".1"})...)
	got := ours(t, slices.Concat([]string{"walk"}, args, ourNames, []string{peer, ".1"})...)
	compare(t, fmt.Sprint(output, " ", ourNames), got, want)
}

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Errorf("%s: line %d:\n got %q\nwant %q", what, i+1, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
			return
		}
	}
}

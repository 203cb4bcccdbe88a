package mib

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"monitord/collectors/snmp"
)

func builtin(t testing.TB) *Names {
	t.Helper()
	n, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Objects that are often misprinted.
func TestPlacesAreThoseOfTheStandards(t *testing.T) {
	names := builtin(t)
	for name, place := range map[string]string{
		"IF-MIB::ifDescr": ".1.3.6.1.2.1.2.2.1.2", "IF-MIB::ifInErrors": ".1.3.6.1.2.1.2.2.1.14", "IF-MIB::ifOutErrors": ".1.3.6.1.2.1.2.2.1.20",
		"IF-MIB::ifAdminStatus": ".1.3.6.1.2.1.2.2.1.7", "IF-MIB::ifOperStatus": ".1.3.6.1.2.1.2.2.1.8", "IF-MIB::ifHCInOctets": ".1.3.6.1.2.1.31.1.1.1.6",
		"IF-MIB::ifCounterDiscontinuityTime": ".1.3.6.1.2.1.31.1.1.1.19", "SNMPv2-MIB::sysName": ".1.3.6.1.2.1.1.5", "SNMPv2-MIB::linkDown": "",
		"IF-MIB::linkDown": ".1.3.6.1.6.3.1.1.5.3", "SNMPv2-MIB::coldStart": ".1.3.6.1.6.3.1.1.5.1", "SNMPv2-MIB::snmpTrapOID": ".1.3.6.1.6.3.1.1.4.1",
		"UCD-SNMP-MIB::prErrMessage": ".1.3.6.1.4.1.2021.2.1.101", "UCD-SNMP-MIB::prErrorFlag": ".1.3.6.1.4.1.2021.2.1.100", "UCD-SNMP-MIB::dskTotalLow": ".1.3.6.1.4.1.2021.9.1.11",
		"UCD-SNMP-MIB::dskUsedHigh": ".1.3.6.1.4.1.2021.9.1.16", "UCD-SNMP-MIB::laLoad": ".1.3.6.1.4.1.2021.10.1.3", "UCD-SNMP-MIB::laLoadInt": ".1.3.6.1.4.1.2021.10.1.5",
		"UCD-DISKIO-MIB::diskIODevice": ".1.3.6.1.4.1.2021.13.15.1.1.2", "HOST-RESOURCES-MIB::hrStorageUsed": ".1.3.6.1.2.1.25.2.3.1.6",
		"HOST-RESOURCES-MIB::hrProcessorLoad": ".1.3.6.1.2.1.25.3.3.1.2", "ENTITY-MIB::entPhysicalName": ".1.3.6.1.2.1.47.1.1.1.1.7",
		"ENTITY-SENSOR-MIB::entPhySensorValue": ".1.3.6.1.2.1.99.1.1.1.4", "LLDP-MIB::lldpRemSysName": ".1.0.8802.1.1.2.1.4.1.1.9",
		"UPS-MIB::upsEstimatedChargeRemaining": ".1.3.6.1.2.1.33.1.2.4", "Printer-MIB::prtMarkerSuppliesLevel": ".1.3.6.1.2.1.43.11.1.1.9",
	} {
		got, err := names.Find(name)
		if place == "" {
			if _, ok := errors.AsType[*NotFoundError](err); !ok {
				t.Errorf("%s: %s, %v; want it unknown", name, got, err)
			}
			continue
		}
		if err != nil || got.String() != place {
			t.Errorf("%s: %s, %v; want %s", name, got, err, place)
		}
		if node := names.At(got); node == nil || node.String() != name {
			t.Errorf("%s is named %v", place, node)
		}
	}
	oper := names.Named("IF-MIB", "ifOperStatus")
	if oper.EnumName(7) != "lowerLayerDown" || oper.Kind != KindColumn || len(oper.Index) != 1 || oper.Index[0].Name != "ifIndex" {
		t.Errorf("%+v", oper)
	}
	if x := names.Named("", "ifName"); len(x.Index) != 1 || x.Index[0].Name != "ifIndex" || x.Type != "DisplayString" || x.Hint != "255a" {
		t.Errorf("%+v", x)
	}
	if x := names.Named("", "hrStorageAllocationUnits"); x.Units != "Bytes" || x.Base != BaseInteger {
		t.Errorf("%+v", x)
	}
	if x := names.Named("", "linkDown"); x.Kind != KindNotification || !slices.Equal(x.Objects, []string{"ifIndex", "ifAdminStatus", "ifOperStatus"}) {
		t.Errorf("%+v", x)
	}
	if x := names.Named("", "dot1dTpFdbAddress"); x.Fixed != 6 || x.Hint != "1x:" {
		t.Errorf("%+v", x)
	}
}

// libsnmp-base brings the UCD and NET-SNMP modules: our tables say the same.
func TestOurTablesAgreeWithNetSnmpsFiles(t *testing.T) {
	const folder = "/usr/share/snmp/mibs"
	ours := builtin(t)
	compared := 0
	for _, name := range []string{"UCD-SNMP-MIB", "UCD-DISKIO-MIB", "LM-SENSORS-MIB", "NET-SNMP-MIB", "NET-SNMP-AGENT-MIB", "NET-SNMP-EXTEND-MIB", "NET-SNMP-TC"} {
		raw, err := os.ReadFile(filepath.Join(folder, name+".txt"))
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends libsnmp-base", err)
		}
		modules, err := parseModules(name, string(raw))
		if err != nil {
			t.Fatal(err)
		}
		theirs := builtin(t)
		if err := theirs.link(modules); err != nil {
			t.Fatal(err)
		}
		for _, d := range modules[0].defs {
			a, b := ours.Named(name, d.name), theirs.Named(name, d.name)
			if a == nil || a.OID != b.OID || a.Base != b.Base || a.Hint != b.Hint || a.Units != b.Units || a.Kind != b.Kind || !slices.Equal(a.Enums, b.Enums) || len(a.Index) != len(b.Index) {
				t.Errorf("ours %+v\ntheirs %+v", a, b)
			}
			compared++
		}
	}
	if compared < 250 {
		t.Errorf("only %d objects compared", compared)
	}
}

const vendor = `-- A ruler: -------------------------------------------------- and text --
ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises, OBJECT-TYPE, MODULE-IDENTITY, Integer32 FROM SNMPv2-SMI
        DisplayString, TEXTUAL-CONVENTION FROM SNMPv2-TC ifIndex FROM IF-MIB;
acme MODULE-IDENTITY LAST-UPDATED "202601010000Z" ORGANIZATION "x" CONTACT-INFO "x"
  DESCRIPTION "several
lines" ::= { enterprises 99999 }
Tenths ::= TEXTUAL-CONVENTION DISPLAY-HINT "d-1" STATUS current DESCRIPTION "" SYNTAX Integer32 (-1000..1000)
fanTable OBJECT-TYPE SYNTAX SEQUENCE OF FanEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { acme 1 }
fanEntry OBJECT-TYPE SYNTAX FanEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "" INDEX { ifIndex, IMPLIED fanName } ::= { fanTable 1 }
FanEntry ::= SEQUENCE { fanName DisplayString, fanSpeed Integer32 }
fanName OBJECT-TYPE SYNTAX DisplayString (SIZE (1..32)) MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { fanEntry 1 }
fanState OBJECT-TYPE SYNTAX INTEGER { ok(1), failed(2), gone(-1) } MAX-ACCESS read-only STATUS current DESCRIPTION "" DEFVAL { ok } ::= { fanEntry 2 }
temperature OBJECT-TYPE SYNTAX Tenths UNITS "degrees" MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { acme internals(7) 3 }
fanGone TRAP-TYPE ENTERPRISE acme VARIABLES { fanState } ::= 4
END
`

func load(t *testing.T, files map[string]string) (*Names, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Load(dir)
}

func TestAFileAddsNames(t *testing.T) {
	names, err := load(t, map[string]string{"acme.mib": vendor, ".hidden": "no MIB"})
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range map[string]string{
		"ACME-MIB::temperature.0": ".1.3.6.1.4.1.99999.7.3.0", "fanGone": ".1.3.6.1.4.1.99999.0.4", "fanState.3.'left'": ".1.3.6.1.4.1.99999.1.1.2.3.108.101.102.116",
	} {
		if got, err := names.Find(name); err != nil || got.String() != place {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	state := names.Named("", "fanState")
	if got := string(names.Append(nil, state.OID.Append(3, 'l', 'e', 'f', 't'), Style{})); got != "ACME-MIB::fanState.3.'left'" {
		t.Errorf("got %s", got)
	}
	if state.EnumName(-1) != "gone" || names.Named("", "temperature").Hint != "d-1" || IntegerByHint(-235, "d-1") != "-23.5" {
		t.Errorf("%+v", state)
	}
}

func TestFaultsOfFilesHaveTheirLine(t *testing.T) {
	names, err := load(t, map[string]string{
		"a.mib": "A-MIB DEFINITIONS ::= BEGIN\na OBJECT IDENTIFIER ::= { enterprises 1 }\nb OBJECT IDENTIFIER ::= { nowhere 1 }\nc OBJECT-TYPE SYNTAX Strange ::= { a 1 }\nEND\n",
		"b.mib": "B-MIB DEFINITIONS ::= BEGIN\n\nx OBJECT IDENTIFIER ::= { y 1 }\ny OBJECT IDENTIFIER ::= { x 1 }\nT ::= U\nU ::= T\nz OBJECT-TYPE SYNTAX T ::= { enterprises 2 }\nEND\n",
		"c.mib": "C-MIB DEFINITIONS ::= BEGIN\nx OBJECT-TYPE\n SYNTAX INTEGER { a(b) }\n ::= { enterprises 3 }\nEND\n",
		"d.txt": "Just a read-me.\n",
		"e.mib": "E-MIB DEFINITIONS ::= BEGIN IMPORTS p FROM LOST-MIB;\nq OBJECT IDENTIFIER ::= { p 1 }\n",
		"f.mib": "F-MIB DEFINITIONS ::= BEGIN\nx OBJECT-TYPE DESCRIPTION \"never\nclosed\n",
		"g.mib": "G-MIB DEFINITIONS ::= BEGIN IMPORTS p FROM LOST-MIB;\nq OBJECT IDENTIFIER ::= { p 1 }\nr OBJECT-TYPE SYNTAX INTEGER INDEX { s } ::= { enterprises 5 }\nEND",
		"h.mib": "",
	})
	for _, want := range []string{
		"a.mib:3: b: unknown parent nowhere: import it", "a.mib:4: unknown type Strange", "b.mib:4: y is below itself", "b.mib:", "refines itself",
		"c.mib:3: a(\"b\"): want a number", "d.txt:1: want DEFINITIONS, got \"a\"", "e.mib:3: module E-MIB has no END", "f.mib:2: a text in \" is not closed",
		"g.mib:2: q: unknown parent p: add the file of module LOST-MIB", "g.mib:3: r: unknown index s", "h.mib:1: no module",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	if names == nil || names.Named("A-MIB", "a") == nil || names.Named("IF-MIB", "ifDescr") == nil {
		t.Error("what is without fault was not loaded")
	}
	if _, err := Load(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestFindReadsWhatPeopleWrite(t *testing.T) {
	names := builtin(t)
	for in, want := range map[string]string{
		".1.3.6.1": ".1.3.6.1", "1.3.6.1.2.1": ".1.3.6.1.2.1", "": ".", ".": ".", "iso.3.6": ".1.3.6", "iso.org.dod.internet": ".1.3.6.1", ".iso.org.dod.internet.mgmt": ".1.3.6.1.2",
		"sysName.0": ".1.3.6.1.2.1.1.5.0", "system.sysName.0": ".1.3.6.1.2.1.1.5.0", "mib-2.1.5.0": ".1.3.6.1.2.1.1.5.0", "2.999": ".2.999", "enterprises.9": ".1.3.6.1.4.1.9",
		`nsExtendOutput1Line."a.b"`: ".1.3.6.1.4.1.8072.1.3.2.3.1.1.3.97.46.98", "ipAddressIfIndex.ipv4.4.127.0.0.1": ".1.3.6.1.2.1.4.34.1.3.1.4.127.0.0.1",
		"zeroDotZero": ".0.0", "ifTable.1.2.1": ".1.3.6.1.2.1.2.2.1.2.1", "ifTable.ifEntry.ifDescr.1": ".1.3.6.1.2.1.2.2.1.2.1",
	} {
		if got, err := names.Find(in); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"nosuch.0": "Sub-id not found: (top) -> nosuch", "system.nosuch": "Sub-id not found: system -> nosuch", "IF-MIB::sysName": "(top) -> sysName", "sysName..0": "two dots", "sysName.": "ends with a dot",
		`x."a`: "not closed", `x."a"b`: "want a dot", "1": "one number alone", "iso": "one number alone", "1.40": "1.40", ".4.1": "(top) -> 4", "1.3.4294967296": "4294967296", "IF-MIB::": "IF-MIB",
	} {
		if got, err := names.Find(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v; want %q", in, got, err, want)
		}
	}
	var none *Names
	if got, err := none.Find("iso.3.6.1"); err != nil || string(none.Append(nil, got, Style{})) != "iso.3.6.1" {
		t.Errorf("%s %v", got, err)
	}
	if _, err := none.Find("sysName"); err == nil {
		t.Error("no names know sysName")
	}
}

// Each name is found again by what is written for its place.
func TestEveryNameIsFoundByItsText(t *testing.T) {
	names := builtin(t)
	for _, node := range names.All() {
		for _, form := range []Form{FormModule, FormFull, FormNumeric} {
			text := string(names.Append(nil, node.OID, Style{Form: form}))
			if got, err := names.Find(text); err != nil || got != node.OID {
				t.Errorf("%s: %s, %v", text, got, err)
			}
		}
	}
}

func FuzzModules(f *testing.F) {
	f.Add(vendor)
	f.Add("A DEFINITIONS ::= BEGIN a OBJECT IDENTIFIER ::= { a 1 } END")
	f.Add("A DEFINITIONS ::= BEGIN T ::= BITS { a(0), b(-1) } x TRAP-TYPE ENTERPRISE { y } ::= 3 END")
	base, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		modules, err := parseModules("f", text)
		if err != nil {
			if fault, ok := errors.AsType[*Fault](err); !ok || fault.Line < 1 || fault.Line > strings.Count(text, "\n")+1 {
				t.Errorf("fault %v", err)
			}
			return
		}
		names := newNames()
		for _, node := range base.All()[:50] {
			names.add(node)
		}
		names.link(modules) //nolint:errcheck // it must end, no more
		for _, node := range names.All() {
			names.Append(nil, node.OID.Append(1, 2, 3), Style{})
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{".1.3", "IF-MIB::ifDescr.1", `nsExtendOutput1Line."a"`, "iso.org.1", "ifTable.'x'.2"} {
		f.Add(s)
	}
	names, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		oid, err := names.Find(text)
		if err != nil {
			return
		}
		again, err := snmp.ParseOID(oid.String())
		if err == nil && again != oid {
			t.Errorf("%q: %s is read as %s", text, oid, again)
		}
		for _, form := range []Form{FormModule, FormSuffix, FormFull, FormUCD, FormNumeric} {
			names.Append(nil, oid, Style{Form: form, Extended: len(text)%2 == 0})
		}
	})
}

func FuzzHint(f *testing.F) {
	f.Add("\x07\xea\x0b", "2d-1d-1d,1d:1d:1d.1d,1a1d:1d")
	f.Add("\x03abc", "*1x:/255a")
	f.Fuzz(func(_ *testing.T, raw, hint string) {
		OctetsByHint(nil, raw, hint, false)
		if hint != "" {
			IntegerByHint(int64(len(raw))-5, hint)
		}
	})
}

func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := Builtin(); err != nil {
			b.Fatal(err)
		}
	}
}

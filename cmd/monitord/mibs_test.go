package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// doorMIB is a maker's, in SMIv1, as makers of small devices write it.
const doorMIB = `-- Doors of racks.
ACME-DOOR-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM RFC1155-SMI
        OBJECT-TYPE FROM RFC-1212
        TRAP-TYPE   FROM RFC-1215;
acme  OBJECT IDENTIFIER ::= { enterprises 99999 }
doors OBJECT IDENTIFIER ::= { acme 7 }
doorState OBJECT-TYPE
    SYNTAX  INTEGER { closed(1), open(2) }
    ACCESS  read-only
    STATUS  mandatory
    DESCRIPTION "Of the rack's door."
    ::= { doors 1 }
doorOpened TRAP-TYPE
    ENTERPRISE doors
    VARIABLES  { doorState }
    DESCRIPTION "Somebody opened it."
    ::= 3
END
`

// A MIB file names traps and what they carry; a reload reads it again, and a faulty
// one leaves the names in force.
func TestMIBFilesNameTraps(t *testing.T) {
	t.Parallel()
	udp, mibs := freeAddress(t, "udp"), t.TempDir()
	file := filepath.Join(mibs, "door.mib")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(doorMIB)
	yaml := fmt.Sprintf("snmp: {mibs: [%q]}\ntraps:\n  listen: %q\n  from: [127.0.0.0/8]\n  communities: [{file: %q}]\n", mibs, udp, trapSecret(t, "trapper\n"))
	w := startTaken(t, yaml)
	trapped := func(n int, want string) {
		t.Helper()
		snmpSend(t, "snmptrap", "-v1", "-c", "trapper", udp, ".1.3.6.1.4.1.99999.7", "127.0.0.1", "6", "3", fmt.Sprint(n), ".1.3.6.1.4.1.99999.7.1.0", "i", "2")
		until(t, "the journal's entry", func() bool { return len(w.trapEvents()) == n })
		if got := w.trapEvents(); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("journal: %q; want %q", got, want)
		}
	}
	trapped(1, "ACME-DOOR-MIB::doorOpened: ACME-DOOR-MIB::doorState.0 = INTEGER: open(2)")

	path := filepath.Join(t.TempDir(), "monitord.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	put(strings.Replace(doorMIB, "{ doors 1 }", "{ door 1 }", 1))
	if _, err := loadSettings(path); err == nil || !strings.Contains(err.Error(), file+":8: doorState: unknown parent door") {
		t.Errorf("a faulty file: %v", err)
	}
	trapped(2, "ACME-DOOR-MIB::doorState.0 = INTEGER: open(2)")
	put(strings.Replace(doorMIB, "open(2)", "ajar(2)", 1))
	again, err := loadSettings(path)
	if err == nil {
		err = w.reload(again)
	}
	if err != nil {
		t.Fatal(err)
	}
	trapped(3, "doorState.0 = INTEGER: ajar(2)")
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

func trapSecret(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// snmpSend runs one of net-snmp's senders.
func snmpSend(t *testing.T, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (Debian's package snmp)", program)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "SNMP_PERSISTENT_DIR=" + t.TempDir(), "MIBS="}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// trapEvents are the journal's entries about notifications, as people read them.
func (w *takenServer) trapEvents() []string {
	w.t.Helper()
	list, err := w.journal.Events(w.t.Context(), alerting.EventFilter{Kind: alerting.EventTrap})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Host+": "+sentences()(e.Sentence()))
	}
	return out
}

// A trap stands in the journal under its device's name, and raises a service that
// its clearing trap ends; one that nobody signed proves nothing.
func TestATrapIsJournaledAndRaisesAService(t *testing.T) {
	t.Parallel()
	udp := freeAddress(t, "udp")
	w := startTaken(t, fmt.Sprintf(`traps:
  listen: %q
  from: [127.0.0.0/8]
  communities: [{file: %q}]
  users: [{file: %q}]
logs:
  rules:
    - {match: '^IF-MIB::linkDown.*ifIndex\.(?P<port>\d+)', state: critical, service: link, clear: '^IF-MIB::linkUp'}
`, udp, trapSecret(t, "trapper\n"), trapSecret(t, "version: 3\nuser: noc\nauth_protocol: SHA\nauth_password: open-sesame-1\npriv_protocol: AES\npriv_password: open-sesame-2\n")))
	const down, up, index = ".1.3.6.1.6.3.1.1.5.3", ".1.3.6.1.6.3.1.1.5.4", ".1.3.6.1.2.1.2.2.1.1.3"
	snmpSend(t, "snmptrap", "-v2c", "-c", "trapper", udp, "100", down, index, "i", "3")
	w.logOf("web1", "link", checks.Critical)
	until(t, "the journal's entry", func() bool { return len(w.trapEvents()) == 1 })
	if got := w.trapEvents()[0]; got != "web1: IF-MIB::linkDown: IF-MIB::ifIndex.3 = INTEGER: 3" {
		t.Errorf("journal: %q", got)
	}
	is, _ := w.engine.Service(checks.Service{Host: "web1", Check: checks.LogCheck, Item: "link"})
	if !is.Unauthenticated || !strings.Contains(string(is.Evidence), "IF-MIB::linkDown") {
		t.Errorf("%+v", is)
	}
	snmpSend(t, "snmpinform", "-v3", "-r0", "-t5", "-u", "noc", "-l", "authPriv", "-a", "SHA", "-A", "open-sesame-1", "-x", "AES", "-X", "open-sesame-2", udp, "200", up, index, "i", "3")
	w.logOf("web1", "link", checks.OK)
	until(t, "the inform in the journal", func() bool { return len(w.trapEvents()) == 2 })
	if is, _ = w.engine.Service(checks.Service{Host: "web1", Check: checks.LogCheck, Item: "link"}); is.Unauthenticated {
		t.Error("a signed inform counts as sent by anybody")
	}
}

// Our engine is the same after a restart, one boot older: who sends informs knows
// it again, and takes an old message for old.
func TestOurEngineCountsItsBoots(t *testing.T) {
	dir := t.TempDir()
	first, err := openEngine(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second, err := openEngine(dir, time.Now())
	if err != nil || second.ID != first.ID || first.Boots != 1 || second.Boots != 2 || len(first.ID) != 17 {
		t.Errorf("%q %d, then %q %d, %v", first.ID, first.Boots, second.ID, second.Boots, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "engine.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openEngine(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "take the file away") {
		t.Errorf("%v", err)
	}
}

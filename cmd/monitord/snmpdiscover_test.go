package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
)

// hostileSwitch is a switch whose texts want to be more than texts.
func hostileSwitch() []gosnmp.SnmpPDU {
	text := func(oid, s string) gosnmp.SnmpPDU {
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.OctetString, Value: []byte(s)}
	}
	list := []gosnmp.SnmpPDU{
		text(".1.3.6.1.2.1.1.1.0", "Switch\nhosts: {evil: {address: 192.0.2.66}}\x1b[2J"), text(".1.3.6.1.2.1.1.5.0", "sw/../1: {{host}}"),
		{Name: ".1.3.6.1.2.1.1.2.0", Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1.4.1.99999"},
	}
	for i, name := range []string{"Gi0/1", "Gi0/2", `a"]{{x}}`, "Null0"} {
		row := fmt.Sprint(i + 1)
		oper := 2
		if name == "Gi0/1" {
			oper = 1
		}
		list = append(list, text(".1.3.6.1.2.1.31.1.1.1.1."+row, name), text(".1.3.6.1.2.1.31.1.1.1.18."+row, "#: \"\n- x"),
			gosnmp.SnmpPDU{Name: ".1.3.6.1.2.1.2.2.1.7." + row, Type: gosnmp.Integer, Value: 1}, gosnmp.SnmpPDU{Name: ".1.3.6.1.2.1.2.2.1.8." + row, Type: gosnmp.Integer, Value: oper})
	}
	return list
}

// discoverOut runs the verb.
func discoverOut(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"snmp", "discover", "-t0.3", "-r0"}, args...), nil, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestFromOneCommandToConfigurationThatIsValid(t *testing.T) {
	t.Parallel()
	agent := snmpagent.New(t, hostileSwitch(), nil)
	out := filepath.Join(t.TempDir(), "conf", "devices.yaml")
	target := fmt.Sprintf("se:cr#et@127.0.0.1:%d", agent.Port)
	code, stdout, errs := discoverOut(t, "--out", out, target)
	if code != exitOK || stdout != "" || !strings.Contains(errs, "1 agent asked") {
		t.Fatalf("exit code %d: %s%s", code, stdout, errs)
	}
	text, err := os.ReadFile(out)
	if err != nil || bytes.Contains(text, []byte("se:cr#et")) || !bytes.Contains(text, []byte("Gi0/2")) {
		t.Fatalf("%v:\n%s", err, text)
	}
	words := filepath.Join(filepath.Dir(out), "snmp.credentials")
	if info, err := os.Stat(words); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	inv, err := readInventory(out, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(inv.Hosts) != 1 || inv.Hosts[0].Address != "127.0.0.1" || len(inv.Hosts[0].Checks) != 3 {
		t.Errorf("%+v", inv.Hosts)
	}
	if code, stdout, errs := discoverOut(t, "--out", out, target); code != exitOK || stdout != "" || !strings.Contains(errs, "nothing has changed") {
		t.Errorf("again: exit code %d, %s%s", code, stdout, errs)
	}
}

func TestWhatIsThereIsComparedAndLeftAlone(t *testing.T) {
	t.Parallel()
	agent := snmpagent.New(t, hostileSwitch(), nil)
	dir := t.TempDir()
	target := fmt.Sprintf("public@127.0.0.1:%d", agent.Port)
	if code, _, errs := discoverOut(t, "--out", dir, "--diff", target); code != exitFailure {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("--diff wrote %v, %v", left, err)
	}
	discoverOut(t, "--out", dir, target)
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	mine := []byte("hosts: {sw1: {address: 127.0.0.1}} # mine\n")
	if err := os.WriteFile(files[0], mine, 0o640); err != nil {
		t.Fatal(err)
	}
	code, out, errs := discoverOut(t, "--out", dir, target)
	if code != exitFailure || !strings.Contains(out, "-hosts: {sw1: {address: 127.0.0.1}} # mine") || !strings.Contains(out, "+    templates: [snmp-switch]") || !strings.Contains(errs, "left as it is") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if now, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(now, mine) {
		t.Errorf("it was changed: %s, %v", now, err)
	}
	if code, _, errs := discoverOut(t, "--out", dir, "--replace", target); code != exitOK || !strings.Contains(errs, "written over") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestSilenceInARangeIsNoFault(t *testing.T) {
	t.Parallel()
	agent := snmpagent.New(t, hostileSwitch(), nil)
	code, out, errs := discoverOut(t, "-c", "public", fmt.Sprintf("127.0.0.1-4:%d", agent.Port))
	if code != exitOK || !strings.Contains(errs, "4 agents asked") || !strings.Contains(errs, "1 answered, of ranges 3 did not") || !strings.Contains(out, "# Make /etc/monitord/snmp.credentials") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	// One that was named is.
	if code, _, errs := discoverOut(t, "public@127.0.0.1:1"); code != exitFailure || !strings.Contains(errs, "nothing listens there") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, wrong := range [][]string{{}, {"h"}, {"--workers", "0", "a@h"}, {"--diff", "a@h"}, {"--nonsense", "a@h"}, {"a@10.0.0.0/8"}, {"--file", "/nowhere", "a@h"}, {"-v3", "h"}} {
		if code, _, errs := discoverOut(t, wrong...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d: %s", wrong, code, errs)
		}
	}
}

func TestTargetsOfMRTGBecomeValidConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg, out := filepath.Join(dir, "mrtg.cfg"), filepath.Join(dir, "conf", "mrtg.yaml")
	text := "WorkDir: /x\nTarget[a]: #Gi0/1:secret@192.0.2.1\nTitle[a]: to \"x\": y\nTarget[b]: sysUpTime.0&sysUpTime.0:secret@192.0.2.1:::::2\nTarget[c]: `x`\n"
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"import", "mrtg", "--out", out, cfg}, nil, &stdout, &stderr)
	if code != exitFailure || !strings.Contains(stderr.String(), cfg+":5: Target[c] runs a program") || !strings.Contains(stderr.String(), "3 targets on 2 hosts; 1 thing could not be translated") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	inv, err := readInventory(out, nil)
	if err != nil || len(inv.Hosts) != 2 {
		t.Fatalf("%+v, %v", inv, err)
	}
	if raw, err := os.ReadFile(out); err != nil || bytes.Contains(raw, []byte("secret")) {
		t.Errorf("%s, %v", raw, err)
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"import", "mrtg", "--lint", cfg}, nil, &stdout, &stderr); code != exitFailure || stdout.Len() != 0 {
		t.Errorf("lint: exit code %d: %s", code, &stdout)
	}
}

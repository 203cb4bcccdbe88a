package netsnmp

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/testserver/testproc"
)

// verb runs ours and takes its outputs apart.
func verb(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// program runs one of net-snmp's and returns what ours should: exit code and
// both outputs.
func program(t *testing.T, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	errs := filepath.Join(dir, "stderr")
	out := theirs(t, "/bin/sh", append([]string{"-c", `"$0" "$@" 2>` + errs + `; echo "code $?"`, name}, args...)...)
	said, err := os.ReadFile(errs)
	if err != nil {
		t.Fatal(err)
	}
	out, last, _ := strings.Cut(out, "code ")
	code, err = strconv.Atoi(strings.TrimSpace(last))
	if err != nil {
		t.Fatalf("%s: %q", name, last)
	}
	return code, out, string(said)
}

func TestExitCodesAndMessagesAreNetSnmps(t *testing.T) {
	agent := snmpdtest.New(t)
	peer := agent.Peer()
	decreasing := snmpagent.New(t, nil, func(r *snmpagent.Reply) {
		last := "99"
		if strings.HasSuffix(r.Request.Variables[0].Name, ".99") {
			last = "98"
		}
		r.Packet.Variables = []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.1." + last, Type: gosnmp.Integer, Value: 1}}
	})
	faulty := snmpagent.New(t, nil, func(r *snmpagent.Reply) {
		r.Packet.Error, r.Packet.ErrorIndex, r.Packet.Variables = gosnmp.GenErr, 1, r.Request.Variables
	})
	at := func(a *snmpagent.Agent) string { return "127.0.0.1:" + strconv.Itoa(a.Port) }
	silent := "127.0.0.1:" + strconv.Itoa(testproc.FreePort(t))
	v2 := []string{"-v2c", "-cpublic", "-On"}
	v3 := func(user, auth, level string) []string {
		return []string{"-v3", "-u", user, "-l", level, "-a", "SHA", "-A", auth, "-x", "AES", "-X", snmpdtest.PrivPassword, "-On"}
	}
	user := snmpdtest.User("SHA", "AES")
	for _, tt := range []struct {
		program string
		args    []string
		same    bool // standard error is the same, but for ours that follows
	}{
		{"snmpget", append(v2, peer, ".1.3.6.1.2.1.1.2.0", ".1.3.6.1.2.1.1.99.0", ".1.3.6.1.2.1.1.2"), true},
		{"snmpget", []string{"-v1", "-c", "public", "-On", peer, ".1.3.6.1.2.1.1.99.0", ".1.3.6.1.2.1.1.2.0", ".1.3.6.1.2.1.1.98.0"}, true},
		{"snmpget", []string{"-v1", "-c", "public", "-On", "-Cf", peer, ".1.3.6.1.2.1.1.2.0", ".1.3.6.1.2.1.1.98.0"}, true},
		{"snmpwalk", append(v2, peer, ".1.3.6.1.2.1.1.9.1.2"), true},
		{"snmpwalk", append(v2, peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpwalk", append(v2, peer, ".1.3.6.1.2.1.1.99"), true},
		{"snmpwalk", append(v2, "-Ci", "-Cp", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpwalk", append(v2, "-CI", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpwalk", []string{"-v", "1", "-c", "public", "-O", "n", peer, ".1.3.6.1.6.3.16.1.5"}, true},
		{"snmpwalk", append(v2, peer, ".1.3.6.1.6.3.16.1.5"), true},
		{"snmpwalk", append(v2, at(decreasing), ".1.3.6.1.2.1.1"), true},
		{"snmpwalk", append(v2, at(faulty), ".1.3.6.1.2.1.1"), true},
		{"snmpget", append(v2, "-Cf", at(faulty), ".1.3.6.1.2.1.1.1.0"), true},
		{"snmpwalk", append(v2, "-t0.1", "-r0", silent, ".1.3.6.1.2.1.1"), true},
		{"snmpget", append(v2, "-t", "0.1", "-r", "0", silent, ".1.3.6.1.2.1.1.1.0"), true},
		{"snmpget", append(v2, "-r0", peer, "noSuchName.0"), false},
		{"snmpget", append(v3(user, snmpdtest.AuthPassword, "authPriv"), "-r1", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpget", append(v3(user, snmpdtest.AuthPassword, "authNoPriv"), "-r1", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpget", append(v3("stranger", snmpdtest.AuthPassword, "authPriv"), "-r1", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpget", append(v3(user, "not-the-word", "authPriv"), "-r1", peer, ".1.3.6.1.2.1.1.2.0"), true},
		{"snmpget", append(v3("noauth", snmpdtest.AuthPassword, "authPriv"), "-r1", peer, ".1.3.6.1.2.1.1.2.0"), true},
	} {
		wantCode, wantOut, wantErr := program(t, tt.program, tt.args...)
		code, out, errs := verb(t, append([]string{strings.TrimPrefix(tt.program, "snmp")}, tt.args...)...)
		what := tt.program + " " + strings.Join(tt.args, " ")
		if code != wantCode || out != wantOut {
			t.Errorf("%s:\n got %d %q\nwant %d %q", what, code, out, wantCode, wantOut)
		}
		if tt.same && !strings.HasPrefix(errs, wantErr) {
			t.Errorf("%s:\n got %q\nwant %q", what, errs, wantErr)
		}
	}
}

func TestNamesAndCredentialFilesOnTheCommandLine(t *testing.T) {
	agent := snmpdtest.New(t, "sysName centos5")
	file := filepath.Join(t.TempDir(), "snmp.yaml")
	if err := os.WriteFile(file, []byte("version: 3\nuser: "+snmpdtest.User("SHA-256", "AES-256")+"\nauth_protocol: SHA-256\nauth_password: "+snmpdtest.AuthPassword+
		"\npriv_protocol: AES-256\npriv_password: "+snmpdtest.PrivPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "SNMPv2-MIB::sysName.0 = STRING: centos5\n"
	for _, args := range [][]string{
		{"get", "-v2c", "-c", "public", agent.Peer(), "sysName.0"},
		{"get", "-v1", "-cpublic", "udp:" + agent.Peer(), "SNMPv2-MIB::sysName.0"},
		{"get", "-c", "public", agent.Peer(), "system.sysName.0"},
		{"get", agent.Peer(), "-c", "public", ".iso.org.dod.internet.mgmt.mib-2.system.sysName.0"},
		{"walk", "--credentials", file, agent.Peer(), "sysName"},
		{"get", "--credentials=" + file, "-t5", "-r", "1", agent.Peer(), ".1.3.6.1.2.1.1.5.0"},
	} {
		if code, out, errs := verb(t, args...); code != 0 || out != want || errs != "" {
			t.Errorf("%q: %d %q %q", args, code, out, errs)
		}
	}
	if code, out, _ := verb(t, "get", "-Onq", "-c", "public", agent.Peer(), "sysName.0"); code != 0 || out != ".1.3.6.1.2.1.1.5.0 \"centos5\"\n" {
		t.Errorf("%d %q", code, out)
	}
}

func TestWrongUsageSaysWhatIsWanted(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "Usage: monitord snmp"},
		{[]string{"set"}, "get, walk"},
		{[]string{"get", "-v2c"}, "no hostname"},
		{[]string{"get", "-v2c", "-c", "x", "h"}, "Missing object name"},
		{[]string{"walk", "-v2c", "h"}, "-c: got 0 octets"},
		{[]string{"walk", "-v3", "h"}, "-u: got 0 octets"},
		{[]string{"walk", "h"}, "no community and no user: want -v2c"},
		{[]string{"walk", "-v3", "-u", "x", "-l", "authPriv", "h"}, "-A: is missing"},
		{[]string{"walk", "-v4", "-c", "x", "h"}, "want 1, 2c or 3"},
		{[]string{"walk", "-v"}, "wants a value"},
		{[]string{"walk", "-w", "h"}, "unknown option -w"},
		{[]string{"walk", "--what", "h"}, "unknown option --what"},
		{[]string{"walk", "-Oz", "h"}, "-O: z"},
		{[]string{"walk", "-Cz", "h"}, "-C: z"},
		{[]string{"walk", "-Crx", "h"}, "-Cr wants a number"},
		{[]string{"walk", "-t", "-1", "h"}, "want seconds"},
		{[]string{"walk", "-r", "x", "h"}, "number of retries"},
		{[]string{"walk", "-c", "x", "tcp:h"}, "transport tcp"},
		{[]string{"walk", "-c", "x", "h:0"}, "want HOST"},
		{[]string{"walk", "--credentials", "/f", "-c", "x", "h"}, "leave the options"},
		{[]string{"walk", "--credentials", "/no/such/file", "h"}, "no such file"},
	} {
		code, out, errs := verb(t, tt.args...)
		if code != 2 || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%q: %d %q %q; want %q", tt.args, code, out, errs, tt.want)
		}
	}
	if code, out, _ := verb(t, "walk", "-h"); code != 0 || !strings.Contains(out, "Example:") {
		t.Errorf("%d %q", code, out)
	}
	if code, _, errs := verb(t, "get", "-c", "x", "nosuch.invalid", ".1.3"); code != 1 || !strings.Contains(errs, "Unknown host (nosuch.invalid)") {
		t.Errorf("%d %q", code, errs)
	}
}

func FuzzArgs(f *testing.F) {
	f.Add("-v2c\x00-cpublic\x00-Onq\x00udp:h:161\x00.1")
	f.Add("-v3\x00-u\x00x\x00-lauthPriv\x00-Cr10c\x00[::1]:161\x00sysName.0")
	f.Fuzz(func(t *testing.T, line string) {
		parseArgs(strings.Split(line, "\x00")) //nolint:errcheck // it must not panic, no more
	})
}

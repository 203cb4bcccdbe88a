package snmp_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	snmpcheck "monitord/checks/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func deps() checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Names: sync.OnceValues(mib.Builtin)}
}

func run(t *testing.T, cfg snmpcheck.Config) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := snmpcheck.New(cfg, deps())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{Host: "h", Address: "127.0.0.1"})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	for _, lang := range text.Langs() {
		if s := text.Default().Render(lang, nil, results[0].Summary); s == "" || strings.Contains(s, "{") {
			t.Errorf("summary %q", s)
		}
	}
	return results[0]
}

func limit(t *testing.T, s string) *checks.Threshold {
	t.Helper()
	got, err := checks.ParseThreshold(s)
	if err != nil {
		t.Fatal(err)
	}
	return &got
}

func TestEachAnswerGetsItsState(t *testing.T) {
	agent := snmpdtest.New(t, "sysName sw1", "sysServices 72")
	words := func(s string) config.Secret {
		file := filepath.Join(t.TempDir(), "snmp.yaml")
		testproc.Must(t, os.WriteFile(file, []byte(s), 0o600))
		return config.Secret{File: file}
	}
	v3 := "version: 3\nuser: " + snmpdtest.User("SHA-256", "AES") + "\nauth_protocol: SHA-256\nauth_password: " + snmpdtest.AuthPassword + "\npriv_protocol: AES\npriv_password: "
	for _, tt := range []struct {
		name    string
		change  func(*snmpcheck.Config)
		state   checks.State
		reason  checks.Reason
		summary string
	}{
		{"a text", func(c *snmpcheck.Config) { c.OID = []string{"sysName.0"} }, checks.OK, "", "SNMPv2-MIB::sysName.0 = sw1"},
		{"a label", func(c *snmpcheck.Config) { c.OID, c.Label = []string{"sysName.0"}, "name" }, checks.OK, "", "name sw1"},
		{"two objects", func(c *snmpcheck.Config) { c.OID = []string{".1.3.6.1.2.1.1.5.0", "sysServices.0"} }, checks.OK, "", "SNMPv2-MIB::sysServices.0 = 72"},
		{"the expected text", func(c *snmpcheck.Config) { c.OID, c.Expect = []string{"sysName.0"}, "sw1" }, checks.OK, "", ""},
		{"another text", func(c *snmpcheck.Config) { c.OID, c.Expect = []string{"sysName.0"}, "sw" }, checks.Critical, checks.ReasonContent, `says "sw1", not "sw"`},
		{"an expression", func(c *snmpcheck.Config) { c.OID, c.ExpectRegexp = []string{"sysName.0"}, "^SW" }, checks.Critical, checks.ReasonContent, ""},
		{"an enumeration by name", func(c *snmpcheck.Config) { c.OID, c.Expect = []string{"ifOperStatus.1"}, "up" }, checks.OK, "", "up"},
		{"an enumeration by number", func(c *snmpcheck.Config) { c.OID, c.Expect = []string{"ifOperStatus.1"}, "1" }, checks.OK, "", "up"},
		{"within limits", func(c *snmpcheck.Config) { c.OID, c.Critical = []string{"sysServices.0"}, limit(t, "80") }, checks.OK, "", ""},
		{"beyond the warning", func(c *snmpcheck.Config) {
			c.OID, c.Warning, c.Critical = []string{"sysServices.0"}, limit(t, "70"), limit(t, "80")
		}, checks.Warning, checks.ReasonThreshold, "is 72"},
		{"multiplied", func(c *snmpcheck.Config) {
			c.OID, c.Critical, c.Multiplier = []string{"sysServices.0"}, limit(t, "700"), 10
		}, checks.Critical, checks.ReasonThreshold, ""},
		{"seconds of uptime", func(c *snmpcheck.Config) { c.OID, c.Warning = []string{"sysUpTime.0"}, limit(t, "1h:") }, checks.Warning, checks.ReasonThreshold, ""},
		{"limits of a text", func(c *snmpcheck.Config) { c.OID, c.Warning = []string{"sysName.0"}, limit(t, "1") }, checks.Unknown, checks.ReasonContent, "no number"},
		{"no such object", func(c *snmpcheck.Config) { c.OID = []string{"ifOperStatus.9999"} }, checks.Unknown, checks.ReasonNoData, "has no object IF-MIB::ifOperStatus.9999"},
		{"what follows", func(c *snmpcheck.Config) { c.OID, c.Next = []string{"sysName"}, true }, checks.OK, "", "sw1"},
		{"version 3", func(c *snmpcheck.Config) {
			c.OID, c.Credentials = []string{"sysName.0"}, words(v3+snmpdtest.PrivPassword)
		}, checks.OK, "", "sw1"},
		{"a wrong user", func(c *snmpcheck.Config) {
			c.OID, c.Credentials = []string{"sysName.0"}, words("version: 3\nuser: stranger\n")
		}, checks.Critical, checks.ReasonAuth, "does not know this user"},
		{"a wrong community", func(c *snmpcheck.Config) {
			c.OID, c.Credentials, c.Retries = []string{"sysName.0"}, words("community: guess"), 0
		}, checks.Critical, checks.ReasonTimeout, "community is wrong"},
		{"a closed port", func(c *snmpcheck.Config) { c.OID, c.Port = []string{"sysName.0"}, testproc.FreePort(t) }, checks.Critical, checks.ReasonConnect, "nothing listens"},
	} {
		cfg := snmpcheck.DefaultConfig()
		cfg.Port = agent.Port
		tt.change(&cfg)
		r := run(t, cfg)
		said := text.Default().Render(text.English, nil, r.Summary)
		if r.State != tt.state || r.Reason != tt.reason || !strings.Contains(said, tt.summary) {
			t.Errorf("%s: %s %q %q; want %s %q %q", tt.name, r.State, r.Reason, said, tt.state, tt.reason, tt.summary)
		}
	}
}

// quoted is a text as check_snmp sees it where it has no MIB files.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

// The verdicts are those of monitoring-plugins' check_snmp.
func TestVerdictsAreThoseOfCheckSNMP(t *testing.T) {
	const plugin = "/usr/lib/nagios/plugins/check_snmp"
	agent := snmpdtest.New(t, "sysName sw1", "sysServices 72")
	for _, tt := range []struct {
		oid, warn, crit, text, regexp string
	}{
		{oid: ".1.3.6.1.2.1.1.7.0"}, {oid: ".1.3.6.1.2.1.1.7.0", warn: "70", crit: "80"}, {oid: ".1.3.6.1.2.1.1.7.0", warn: "60", crit: "70"},
		{oid: ".1.3.6.1.2.1.1.7.0", crit: "@70:80"}, {oid: ".1.3.6.1.2.1.1.7.0", crit: "80:"}, {oid: ".1.3.6.1.2.1.1.5.0", text: "sw1"},
		{oid: ".1.3.6.1.2.1.1.5.0", text: "sw2"}, {oid: ".1.3.6.1.2.1.1.5.0", regexp: "sw"}, {oid: ".1.3.6.1.2.1.1.5.0", regexp: "x"},
	} {
		args := []string{"-H", "127.0.0.1", "-p", strconv.Itoa(agent.Port), "-P", "2c", "-C", "public", "-o", tt.oid}
		cfg := snmpcheck.DefaultConfig()
		cfg.Port, cfg.OID, cfg.Expect, cfg.ExpectRegexp = agent.Port, []string{tt.oid}, tt.text, tt.regexp
		for option, value := range map[string]string{"-w": tt.warn, "-c": tt.crit, "-s": quoted(tt.text), "-r": tt.regexp} {
			if value != "" {
				args = append(args, option, value)
			}
		}
		if tt.warn != "" {
			cfg.Warning = limit(t, tt.warn)
		}
		if tt.crit != "" {
			cfg.Critical = limit(t, tt.crit)
		}
		theirs, err := runner.Run(t.Context(), runner.Command{Path: plugin, Args: args})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins-standard snmp", err)
		}
		if ours := run(t, cfg); ours.State.ExitCode() != theirs.ExitCode {
			t.Errorf("%+v: ours %s, check_snmp %d %s", tt, ours.State, theirs.ExitCode, theirs.Stdout)
		}
	}
}

func TestFaultsOfTheConfiguration(t *testing.T) {
	c := snmpcheck.DefaultConfig()
	c.Port, c.Retries, c.Expect, c.ExpectRegexp, c.Label, c.Multiplier = 0, 99, "a", "(", "a=b", 0
	err := c.Validate()
	for _, want := range []string{"oid:", "port:", "retries:", "expect_regexp: stands", "expect_regexp: error", "label:", "multiplier:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = snmpcheck.DefaultConfig()
	c.OID = []string{"nosuch.0"}
	if _, err := snmpcheck.New(c, deps()); err == nil || !strings.Contains(err.Error(), "Unknown Object Identifier") {
		t.Errorf("got %v", err)
	}
	c.OID = []string{"sysName.0"}
	if _, err := snmpcheck.New(c, checks.Deps{}); err != nil {
		t.Errorf("the standard names are not known without a program's own: %v", err)
	}
}

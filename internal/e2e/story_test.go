//go:build e2e

package e2e

import (
	"os"
	"testing"
)

// stories, in the order in which they are told.
var stories = []struct {
	name string
	tell func(t *testing.T)
}{
	{"main-job", mainJob},
	{"kill9", kill9},
	{"disk-full", diskFull},
	{"second-host", secondHost},
	{"dependency", dependency},
	{"escalation", escalation},
	{"checks", kindsOfChecks},
	{"reload", reloadUnderLoad},
	{"dns-balance", dnsBalance},
	{"heartbeat", heartbeat},
	{"watchdog", watchdog},
	{"pages", pages},
	{"logs", logsAtWork},
	{"logs-swatch", logsLikeSwatch},
	{"logs-probe", logsProbe},
	{"logs-rotation", logRotation},
	{"log-syslog", syslogSenders},
	{"snmp", devicesBySNMP},
	{"snmp-link", linkCutForFiveMinutes},
	{"traps", notifications},
	{"trends", trendsStory},
}

func TestStory(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, s.tell)
	}
}

// needRoot ends a story that cannot run without root.
func needRoot(t *testing.T, what string) {
	t.Helper()
	if os.Getuid() != 0 {
		cannot(t, what+" needs root")
	}
}

// cannot ends a story that cannot run here.
func cannot(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ALLOW_SKIP") == "1" {
		t.Skipf("not possible on this machine (ALLOW_SKIP=1): %s", why)
	}
	t.Fatalf("not possible on this machine: %s (ALLOW_SKIP=1 lets the run go on)", why)
}

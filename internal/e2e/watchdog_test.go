//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/qemutest"
)

// watchdogHealth pets the kernel's softdog, which resets the machine after 6 s,
// as long as a program starts and /work takes a line.
const watchdogHealth = `
checks: {init: {type: file, path: /init}}
probe_dir: ""
watchdog: {device: /dev/watchdog, timeout: 6s, interval: 1s, deadline: 2s, program: /bin/true, file: /work/proof}
`

// begin starts probe health and waits until the watchdog is armed; lives waits
// longer than the watchdog does, in steps that show.
const watchdogWords = `
mount -t tmpfs -o size=1m tmpfs /work
begin() { probe health --config /health.yaml 2>/run/log & until grep -q armed /run/log; do usleep 100000; done; }
lives() { for i in 1 2 3 4 5; do sleep 2; done; echo "STORY: $1"; }
`

// watchdog: a real watchdog device, in virtual machines, because it resets them.
// While the machine proves that it works it lives; after an orderly stop it
// lives; without proof, and after kill -9, it is reset.
func watchdog(t *testing.T) {
	if missing := qemutest.Missing(); missing != "" {
		cannot(t, "this story needs "+missing)
	}
	say(t, "a machine that works, then stops in order, then loses its disk")
	console := watchdogMachine(t, `
begin; lives "it lives while it proves"
kill %1; wait; lives "it lives after an orderly stop"
begin; mount -o remount,ro /work; kill -0 %1 && echo "STORY: the proof fails"
lives "it was not reset"
`)
	want(t, console, []string{"it lives while it proves", "it lives after an orderly stop", "the proof fails"}, "it was not reset")
	say(t, "a machine whose probe is killed")
	console = watchdogMachine(t, `
begin; lives "it lives while it proves"
kill -9 %1; echo "STORY: killed"; lives "it was not reset"
`)
	want(t, console, []string{"it lives while it proves", "killed"}, "it was not reset")
}

func watchdogMachine(t *testing.T, script string) string {
	t.Helper()
	probe, err := os.ReadFile(bin(t, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	return qemutest.Boot(t, qemutest.Machine{
		Files:   map[string][]byte{"/bin/probe": probe, "/health.yaml": []byte(watchdogHealth), "/work/.keep": nil},
		Modules: []string{"drivers/watchdog/watchdog.ko", "drivers/watchdog/softdog.ko"},
		Script:  watchdogWords + script, Timeout: 3 * time.Minute,
	})
}

// want checks that the machine came so far, and was then reset by its watchdog.
func want(t *testing.T, console string, steps []string, never string) {
	t.Helper()
	rest := console
	for _, step := range steps {
		_, after, ok := strings.Cut(rest, "STORY: "+step)
		if !ok {
			t.Errorf("it never came to %q", step)
			break
		}
		say(t, "%s", step)
		rest = after
	}
	if !strings.Contains(rest, "softdog: Initiating system reboot") || strings.Contains(rest, "STORY: "+never) {
		t.Error("the watchdog did not reset it")
	}
	if t.Failed() {
		t.Logf("the console showed:\n%s", console)
	} else {
		say(t, "the watchdog reset it")
	}
}

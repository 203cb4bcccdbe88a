package health

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/checks"
)

func TestAConfirmedFaultGivesTheNodeUpOnceAndEndsWith100(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		n.set(func() { n.result.Stdout = []byte("standby\n") })
		n.atStart = func() {
			if b, err := os.ReadFile(n.cfg.State); err != nil || !strings.Contains(string(b), `"0001-01-01`) {
				t.Errorf("before the command starts the state is %q, %v", b, err)
			}
		}
		ended, _ := n.start()
		time.Sleep(time.Minute)
		if n.ran() != 0 {
			t.Fatal("a good node was given up")
		}
		n.is("sql", checks.Critical)
		began := time.Now()
		if e := <-ended; e.code != 100 || e.err != nil {
			t.Errorf("ended with %+v", e)
		}
		// At most one interval until it is seen, then two retries.
		if took := time.Since(began); took > 15*time.Second || n.ran() != 1 {
			t.Errorf("%d commands after %s", n.ran(), took)
		}
		if n.commands[0] != "/usr/share/heartbeat/hb_standby all" {
			t.Errorf("ran %q", n.commands)
		}
		n.wantSteps("started ended")
		for _, d := range n.steps() {
			if len(d.Checks) != 1 || d.Checks[0].Name != "sql" || d.Checks[0].Attempts != 3 || d.Checks[0].State != checks.Critical || d.Fault == "" {
				t.Errorf("reported %+v", d)
			}
		}
		if d := n.steps()[1]; d.Output != "standby\n" || d.ExitCode != 0 {
			t.Errorf("reported %+v", d)
		}
	})
}

// heartbeat starts it again at once when it ends with another code than 100.
func TestARespawnDoesNotRepeatTheCommandUntilRecovery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.ExitCode = 1
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 1 {
			t.Fatalf("ended with %+v", e)
		}
		ended, stop := n.start()
		time.Sleep(time.Hour)
		if n.ran() != 1 {
			t.Errorf("%d commands; want one", n.ran())
		}
		n.is("sql", checks.OK)
		time.Sleep(15 * time.Second)
		if _, err := os.Stat(n.cfg.State); err != nil {
			t.Errorf("one good result is no recovery: %v", err)
		}
		time.Sleep(30 * time.Second)
		if _, err := os.Stat(n.cfg.State); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is not forgotten: %v", err)
		}
		n.wantSteps("started ended recovered")
		n.is("sql", checks.Critical)
		if e := <-ended; e.code != 1 || n.ran() != 2 {
			t.Errorf("a second fault: %+v, %d commands", e, n.ran())
		}
		_ = stop
	})
}

func TestARebootForgets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		<-ended
		if err := os.WriteFile(filepath.Join(n.dir, "boot"), []byte("6f1c3c1e-9a7b-4d2e-8a55-0123456789ab\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ended, _ = n.start()
		if e := <-ended; e.code != 100 || n.ran() != 2 {
			t.Errorf("after a reboot: %+v, %d commands; want another", e, n.ran())
		}
	})
}

func TestAProcessThatWasKilledDuringTheCommandDoesNotRepeatIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		var before []byte
		n.atStart = func() { before, _ = os.ReadFile(n.cfg.State) }
		ended, _ := n.start()
		<-ended
		// As kill -9 during the command leaves it.
		if err := os.WriteFile(n.cfg.State, before, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(time.Second)
			_, stop := n.start()
			time.Sleep(10 * time.Minute)
			if e := stop(); e.code != 0 || e.err != nil {
				t.Errorf("stopped with %+v", e)
			}
		}
		if n.ran() != 1 {
			t.Errorf("%d commands", n.ran())
		}
		n.wantSteps("started ended unknown")
	})
}

func TestADamagedStateIsAFaultThatIsRemembered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		if err := os.MkdirAll(filepath.Dir(n.cfg.State), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(n.cfg.State, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(time.Hour)
		if n.ran() != 0 {
			t.Error("it was acted upon")
		}
		n.is("sql", checks.OK)
		time.Sleep(time.Minute)
		stop()
		n.wantSteps("unknown recovered")
	})
}

func TestFaultsCountOnlyWhileTheAddressIsHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.OnlyWhileAddress, n.cfg.Settle = virtual, time.Minute
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		time.Sleep(10 * time.Minute)
		n.set(func() { n.listErr = errors.New("netlink: no buffer space") })
		time.Sleep(time.Minute)
		n.set(func() {
			n.listErr = nil
			n.addresses = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:" + virtual)}
		})
		began := time.Now()
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Fatalf("%+v, %d commands", e, n.ran())
		}
		if took := time.Since(began); took < time.Minute || took > 80*time.Second {
			t.Errorf("given up %s after the address came; want a minute to settle, then three failures", took)
		}
	})
}

func TestAnAddressThatLeavesTakesItsFailuresAlong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.OnlyWhileAddress = virtual
		here := []netip.Addr{netip.MustParseAddr(virtual)}
		n.set(func() { n.addresses = here })
		n.is("sql", checks.Critical)
		_, stop := n.start()
		for range 50 { // it comes and goes: never three failures in a row
			time.Sleep(3 * time.Second)
			n.set(func() { n.addresses = nil })
			time.Sleep(3 * time.Second)
			n.set(func() { n.addresses = here })
		}
		stop()
		if n.ran() != 0 {
			t.Errorf("%d commands", n.ran())
		}
	})
}

func TestUnknownAndWarningAreNoFailuresUnlessConfigured(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Unknown)
		_, stop := n.start()
		time.Sleep(10 * time.Minute)
		n.is("sql", checks.Warning)
		time.Sleep(10 * time.Minute)
		stop()
		if n.ran() != 0 {
			t.Errorf("%d commands", n.ran())
		}
		w, err := New(n.cfg, n.list(), Deps{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w.tallies["sql"].check.FailsOn = []string{"unknown"}
		if !w.tallies["sql"].check.fails(checks.Unknown) || w.tallies["sql"].check.fails(checks.Critical) {
			t.Error("fails_on is not heeded")
		}
	})
}

package systemd

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recording answers in systemctl's place and keeps what it was asked.
type recording struct {
	asked []string
	shows []string // what each `show` prints; the last one again and again
	code  int      // exit code of the verb
}

func (r *recording) run(_ context.Context, c runner.Command) (runner.Result, error) {
	r.asked = append(r.asked, strings.Join(c.Args, " "))
	if c.Args[0] != "show" {
		return runner.Result{ExitCode: r.code, Stderr: []byte("Failed to do it.\n")}, nil
	}
	out := r.shows[0]
	if len(r.shows) > 1 {
		r.shows = r.shows[1:]
	}
	return runner.Result{Stdout: []byte(out)}, nil
}

func newAction(t *testing.T, cfg Config, run func(context.Context, runner.Command) (runner.Result, error)) failover.Action {
	t.Helper()
	if cfg.Systemctl == "" {
		cfg.Systemctl = "/bin/sh" // exists and is trusted; the recording runs in its place
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: run})
}

// What systemd 252 of Debian 12 prints of a unit in these states.
const (
	inactive = "Result=success\nLoadState=loaded\nActiveState=inactive\nSubState=dead\nInvocationID=\n"
	active   = "Result=success\nLoadState=loaded\nActiveState=active\nSubState=running\nInvocationID=40e437f0feb24221a3959ef598237003\n"
	again    = "Result=success\nLoadState=loaded\nActiveState=active\nSubState=running\nInvocationID=a18d68a7e6394036b00b8eb05ad8af15\n"
	failed   = "Result=exit-code\nLoadState=loaded\nActiveState=failed\nSubState=failed\nInvocationID=e039641100454f1c9cd8455353578730\n"
	notFound = "Result=success\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nInvocationID=\n"
	masked   = "Result=success\nLoadState=masked\nActiveState=inactive\nSubState=dead\nInvocationID=\n"
)

func TestWhatIsMadeOfTheStateAfterwards(t *testing.T) {
	for _, tt := range []struct {
		name     string
		do       Verb
		undo     bool
		shows    []string
		code     int
		verified bool
		says     string // part of the error; empty: none
	}{
		{"it starts", Start, false, []string{inactive, active}, 0, true, ""},
		{"it dies at once", Start, false, []string{inactive, failed}, 0, false, "x.service is failed (failed), result exit-code"},
		{"it cannot", Start, false, []string{notFound, notFound}, 5, false, "exit code 5: Failed to do it."},
		{"it stops", Stop, false, []string{active, inactive}, 0, true, ""},
		{"it stops badly, and is stopped", Stop, false, []string{active, failed}, 0, true, ""},
		{"it does not stop", Stop, false, []string{active, active}, 0, false, "x.service is active"},
		{"it restarts", Restart, false, []string{active, again}, 0, true, ""},
		{"it was not restarted", Restart, false, []string{active, active}, 0, false, "not started anew"},
		{"its restart fails", Restart, false, []string{active, failed}, 0, false, "result exit-code"},
		{"it reloads", Reload, false, []string{active, active}, 0, false, ""},
		{"its start is taken back", Start, true, []string{active, inactive}, 0, true, ""},
		{"its stop is taken back", Stop, true, []string{inactive, active}, 0, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &recording{shows: tt.shows, code: tt.code}
			a := newAction(t, Config{Do: tt.do, Unit: "x.service"}, r.run)
			do, verb := a.Do, tt.do
			if tt.undo {
				do, verb = a.(failover.Undoer).Undo, tt.do.inverse()
			}
			out, err := do(t.Context(), failover.Request{Undo: tt.undo})
			if out.Verified != tt.verified || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %+v, %v", out, err)
			}
			if want := string(verb) + " --no-ask-password --no-pager -- x.service"; r.asked[1] != want {
				t.Errorf("asked %q; want %q", r.asked[1], want)
			}
		})
	}
}

func TestPremises(t *testing.T) {
	for _, tt := range []struct {
		do    Verb
		state string
		want  string
	}{
		{Start, inactive, ""}, {Start, failed, ""}, {Start, active, ""}, {Stop, active, ""}, {Restart, inactive, ""},
		{Start, notFound, "unit-loaded"}, {Start, masked, "unit-loaded"}, {Reload, inactive, "unit-state"}, {Reload, active, ""},
	} {
		r := &recording{shows: []string{tt.state}}
		premises, err := newAction(t, Config{Do: tt.do, Unit: "x.service"}, r.run).Premises(t.Context(), failover.Request{})
		if err != nil || len(premises) != 3 || len(r.asked) != 1 {
			t.Errorf("%s: got %+v, %v, asked %q", tt.do, premises, err, r.asked)
		}
		got := ""
		for _, p := range premises {
			if !p.Holds {
				got += p.Name
			}
		}
		if got != tt.want {
			t.Errorf("%s of %q: %q does not hold; want %q", tt.do, tt.state, got, tt.want)
		}
	}
	r := &recording{shows: []string{"System has not been booted with systemd\n"}}
	if _, err := newAction(t, Config{Do: Start, Unit: "x.service"}, r.run).Premises(t.Context(), failover.Request{}); err == nil {
		t.Error("no state, and no error")
	}
}

func TestStatus(t *testing.T) {
	activating := strings.Replace(active, "=active", "=activating", 1)
	for _, tt := range []struct {
		do    Verb
		state string
		want  failover.Status
	}{
		{Start, active, failover.StatusDone}, {Start, failed, failover.StatusUndone}, {Start, inactive, failover.StatusUndone}, {Start, activating, failover.StatusUnknown},
		{Stop, active, failover.StatusUndone}, {Stop, failed, failover.StatusDone}, {Stop, notFound, failover.StatusDone}, {Stop, activating, failover.StatusUnknown},
		{Restart, active, failover.StatusUnknown}, {Restart, failed, failover.StatusUndone}, {Reload, active, failover.StatusUnknown},
	} {
		r := &recording{shows: []string{tt.state}}
		if got, err := newAction(t, Config{Do: tt.do, Unit: "x.service"}, r.run).Status(t.Context(), failover.Request{}); got != tt.want || err != nil {
			t.Errorf("%s of %q: got %s, %v; want %s", tt.do, tt.state, got, err, tt.want)
		}
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{do: start, unit: nginx.service}":                  "",
		`{do: stop, unit: "getty@tty1.service"}`:            "",
		"{do: kill, unit: nginx.service}":                   "want start, stop, restart or reload",
		"{do: start, unit: nginx}":                          "with its suffix",
		`{do: start, unit: "*.service"}`:                    "unit: got",
		"{do: start, unit: -H.service}":                     "unit: got",
		"{do: start, unit: a b.service}":                    "unit: got",
		"{do: start, unit: a.service, systemctl: x}":        "whole path",
		"{do: start, unit: a.service, settle: 2m}":          "want 0s to 1m",
		"{do: start, unit: a.service, restart_after: true}": "unknown key",
	})
}

// FuzzShow: whatever systemctl prints, a unit has a state or there is an error.
func FuzzShow(f *testing.F) {
	for _, s := range []string{inactive, active, failed, notFound, "", "ActiveState", "=\n=", "LoadState=x\r\nActiveState=\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		u, err := parseShow(out)
		if err == nil && (u.Load == "" || u.Active == "" || strings.ContainsAny(u.Active+u.Load+u.Sub, "\n")) {
			t.Errorf("%q: %+v", out, u)
		}
		for _, v := range []Verb{Start, Stop, Restart, Reload} {
			if s := u.status(v); s < failover.StatusUnknown || s > failover.StatusUndone {
				t.Errorf("%q: %d", out, s)
			}
		}
	})
}

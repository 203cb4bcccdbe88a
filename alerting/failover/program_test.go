package failover

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func deps() Deps {
	return Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run}
}

// script writes a program.
func script(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHowAProgramEndsDecidesWhatIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		good       []int
		code       int
		unknown    bool
		says       string // part of the error; empty: none
	}{
		{name: "it succeeds", body: "echo done"},
		{name: "an exit code that is none", body: "echo; echo no such host >&2; exit 3", code: 3, says: "program ended with exit code 3: no such host"},
		{name: "one that is declared good", body: "exit 3", good: []int{0, 3}, code: 3},
		{name: "a signal", body: "kill -9 $$", code: -1, unknown: true, says: "signal: killed"},
		{name: "its time", body: "sleep 60", code: -1, unknown: true, says: "its time was over"},
		{name: "its time, with a good exit", body: "trap 'exit 0' TERM; while :; do sleep 0.05; done", unknown: true, says: "its time was over"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := 10 * time.Second
			if strings.Contains(tt.name, "its time") {
				timeout = 400 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			out, err := deps().Carry(ctx, runner.Command{Path: script(t, tt.body)}, tt.good...)
			unknown := Unknown{}
			if out.ExitCode != tt.code || errors.As(err, &unknown) != tt.unknown || (err == nil) != (tt.says == "") {
				t.Fatalf("got %+v, %v", out, err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v; want %s", err, tt.says)
			}
		})
	}
}

func TestWhatWasNotStartedIsKnownNotToBeDone(t *testing.T) {
	for name, path := range map[string]string{
		"missing": "/nonexistent/program", "relative": "program", "an interpreter that is missing": "",
	} {
		if path == "" {
			path = filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(path, []byte("#!/nonexistent/sh\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		_, err := deps().Carry(t.Context(), runner.Command{Path: path})
		if unknown := (Unknown{}); err == nil || errors.As(err, &unknown) || !strings.Contains(err.Error(), "not started") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := deps().Carry(t.Context(), runner.Command{Path: "/nonexistent/program"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := deps().Carry(ctx, runner.Command{Path: script(t, "exit 0")}); errors.As(err, &Unknown{}) || !errors.Is(err, context.Canceled) {
		t.Errorf("no time left: got %v", err)
	}
}

func TestAnErrorAfterTheStartIsUnknown(t *testing.T) {
	d := deps()
	d.Run = func(context.Context, runner.Command) (runner.Result, error) {
		return runner.Result{}, errors.New("wait: no child")
	}
	if _, err := d.Carry(t.Context(), runner.Command{Path: "/bin/sh"}); !errors.As(err, &Unknown{}) {
		t.Errorf("got %v; want Unknown", err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	out, err := deps().Carry(t.Context(), runner.Command{Path: script(t, "head -c 6000 /dev/zero; head -c 100000 /dev/zero >&2")})
	if err != nil || len(out.Output) != MaxOutput || out.Dropped != 106000-MaxOutput {
		t.Errorf("kept %d, dropped %d, %v", len(out.Output), out.Dropped, err)
	}
}

func TestAnAnswerIsWholeOrNone(t *testing.T) {
	r, err := deps().Ask(t.Context(), runner.Command{Path: script(t, "pwd; exit 3")})
	if err != nil || r.ExitCode != 3 || string(r.Stdout) != "/\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	for body, says := range map[string]string{"kill -9 $$": "signal: killed", "head -c 2000000 /dev/zero": "which is no answer", "sleep 60": "no answer within"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if body == "sleep 60" {
			ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		}
		_, err := deps().Ask(ctx, runner.Command{Path: script(t, body)})
		cancel()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v; want %s", body, err, says)
		}
	}
}

func TestFactsCannotBreakOutOfTheirVariable(t *testing.T) {
	r := Request{ID: "a-1", Service: checks.Service{Host: "web1", Check: "http", Item: "x\x00PATH=/tmp\n; rm"}, State: checks.Critical, Undo: true, At: time.Unix(0, 0).UTC()}
	facts := r.Facts()
	for _, want := range []string{"MONITORD_SERVICE=web1/http[xPATH=/tmp\n; rm]", "MONITORD_ITEM=xPATH=/tmp\n; rm", "MONITORD_STATE=CRITICAL", "MONITORD_UNDO=1", "MONITORD_AT=1970-01-01T00:00:00Z", "MONITORD_BY="} {
		if !slices.Contains(facts, want) {
			t.Errorf("no %q in %q", want, facts)
		}
	}
	out, err := deps().Carry(t.Context(), runner.Command{Path: script(t, `[ "$MONITORD_HOST" = web1 ] && [ -z "$USER" ]`), Env: append(Environment(), facts...)})
	if err != nil {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAwaitAsksUntilItIsSo(t *testing.T) {
	answers := []Status{StatusUnknown, StatusUndone, StatusDone}
	asked := 0
	got, err := Await(t.Context(), time.Millisecond, StatusDone, func(context.Context) (Status, error) {
		asked++
		if asked == 1 {
			return StatusUnknown, errors.New("not now")
		}
		return answers[min(asked-1, 2)], nil
	})
	if got != StatusDone || err != nil || asked != 3 {
		t.Errorf("got %v, %v after %d", got, err, asked)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if got, err := Await(ctx, time.Millisecond, StatusDone, func(context.Context) (Status, error) { return StatusUndone, nil }); got != StatusUndone || err != nil || ctx.Err() != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

type shortConfig struct {
	Do []string `yaml:"do"`
}

func (*shortConfig) Validate() error  { return nil }
func (*shortConfig) ShortKey() string { return "do" }

func TestShorthandIsTheOneKey(t *testing.T) {
	kind := Kind{Config: func() Config { return &shortConfig{} }}
	for _, written := range []string{"[a, b]", "{do: [a, b]}"} {
		n, err := config.ParseBytes("x", []byte(written))
		if err != nil {
			t.Fatal(err)
		}
		c, err := Options(kind, n, "actions.x.do.k")
		if err != nil || !slices.Equal(c.(*shortConfig).Do, []string{"a", "b"}) {
			t.Errorf("%s: got %+v, %v", written, c, err)
		}
	}
	n, _ := config.ParseBytes("x", []byte("- {a: 1}"))
	if _, err := Options(kind, n, "actions.x.do.k"); err == nil || !strings.Contains(err.Error(), "x:1:3: actions.x.do.k.do[0]") {
		t.Errorf("got %v", err)
	}
}

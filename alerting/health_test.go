package alerting

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/wire"
)

func TestEachStepOfANodesHealthIsASentence(t *testing.T) {
	since := time.Unix(1_700_000_000, 0)
	failed := []wire.HealthCheck{
		{Name: "sql", State: checks.Critical, Summary: text.Verbatim("two rows are missing"), Attempts: 3},
		{Name: "disk", State: checks.Critical, Attempts: 3},
	}
	base := wire.HealthData{Since: since, Checks: failed[:1], Command: []string{"/usr/share/heartbeat/hb_standby", "all"}}
	with := func(f func(d *wire.HealthData)) wire.HealthData { d := base; f(&d); return d }
	for want, d := range map[string]wire.HealthData{
		"sql failed 3 times in a row: two rows are missing; the node is given up: /usr/share/heartbeat/hb_standby all": with(func(d *wire.HealthData) { d.Step = wire.HealthStarted }),
		"two rows are missing; also disk; only reported":                                                               with(func(d *wire.HealthData) { d.Step, d.Checks = wire.HealthReported, failed }),
		"given up within 2 s": with(func(d *wire.HealthData) { d.Step, d.Took = wire.HealthEnded, 2*time.Second }),
		"failed with exit code 7: /usr/share/heartbeat/hb_standby all (no such node); it is not repeated": with(func(d *wire.HealthData) { d.Step, d.ExitCode, d.Output = wire.HealthEnded, 7, "no such node\nmore" }),
		"its outcome is uncertain":                                                    with(func(d *wire.HealthData) { d.Step, d.TimedOut = wire.HealthEnded, true }),
		"was under way when probe health was told to end":                             with(func(d *wire.HealthData) { d.Step, d.TimedOut, d.Interrupted = wire.HealthEnded, true, true }),
		"could not be started: /usr/share/heartbeat/hb_standby all (no such file)":    with(func(d *wire.HealthData) { d.Step, d.Detail = wire.HealthFailed, "no such file" }),
		"not known (killed); it is not repeated":                                      with(func(d *wire.HealthData) { d.Step, d.Detail = wire.HealthUnknown, "killed" }),
		"a fault; nothing is done, because the fault cannot be remembered: disk full": with(func(d *wire.HealthData) { d.Step, d.Checks, d.Detail = wire.HealthBlocked, nil, "disk full" }),
		"well again, after 1 min 30 s":                                                with(func(d *wire.HealthData) { d.Step = wire.HealthRecovered }),
	} {
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		e := Event{At: since.Add(90 * time.Second), Kind: wire.KindHealth, Data: data}
		for _, lang := range text.Langs() {
			got := text.Default().Render(lang, nil, e.Sentence())
			if strings.Contains(got, "{") || got == wire.KindHealth || lang == text.English && !strings.Contains(got, want) {
				t.Errorf("%s: got %q; want %q in it", lang, got, want)
			}
		}
	}
	// A newer step, or what cannot be read, is shown by the name of its kind.
	for _, data := range []string{`{"step":"levitated"}`, `[`} {
		if got := text.Default().Render(text.English, nil, Event{Kind: wire.KindHealth, Data: []byte(data)}.Sentence()); got != wire.KindHealth {
			t.Errorf("%s: %q", data, got)
		}
	}
}

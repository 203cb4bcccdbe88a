package hostlogs

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/internal/config"
)

const whole = `
files:
  - {path: /var/log/app/*.log, exclude: ["*.gz"], encoding: euc-jp, from: beginning}
journald: {units: [ssh.service]}
kernel: true
max_line: 1000
rules:
  - {name: oom, match: [Out of memory, "oom-kill"], except: test, state: critical, clear_after: 90m, severity: warning}
  - {ignore: harmless}
  - {name: slow, match: 'took (\d+) ms', samples: [{name: app_seconds, value: $1, unit: ms}]}
  - {name: login, match: 'from (?<ip>\S+)', by: $ip, threshold: {type: threshold, count: 3, within: 1m}, state: warning, clear: "yes", journal_lines: 5}
  - {name: backup, expect: finished, every: 24h, during: ["monday 02:00-06:00"], timezone: Asia/Tokyo, state: critical}
`

func read(t *testing.T, yaml string) Config {
	t.Helper()
	n, err := config.ParseBytes("x", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Decode(Lay(nil, n), "logs")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a probe reads is what the server wrote, and the rules go on counting as
// long as they are the same.
func TestAProbeReadsWhatTheServerWrites(t *testing.T) {
	sent := read(t, whole)
	raw, err := Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(raw), string(again)); d != "" {
		t.Error(d)
	}
	if len(got.Match.Rules) != 5 || got.Match.Rules[0].ClearAfter != 90*time.Minute || got.Match.Rules[1].Match != nil || !got.Kernel.Enabled || got.Follow.MaxLine != 1000 {
		t.Errorf("%s", raw)
	}
	if _, err := got.Compile(); err != nil {
		t.Error(err)
	}
	if none, err := DecodeBytes(nil); err != nil || none.Follows() {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestTooMuchForAProbeIsAFault(t *testing.T) {
	var b strings.Builder
	b.WriteString("files: [/var/log/x]\nrules:\n")
	for range maxRules + 1 {
		b.WriteString("  - {match: x, samples: [{value: $0}]}\n")
	}
	n, err := config.ParseBytes("x", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(n, "logs"); err == nil || !strings.Contains(err.Error(), "logs.rules: too many (got 1001") {
		t.Error(err)
	}
}

func FuzzDecodeBytes(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"rules": [{"match": {}}], "files": [null]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := DecodeBytes(raw)
		if err != nil {
			return
		}
		if _, err := Marshal(c); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

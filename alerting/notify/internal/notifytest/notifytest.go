// Package notifytest has what the tests of channels begin with: notifications
// of a problem and its recovery, and what channels use of the world.
package notifytest

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

// Opened is when the incident of Problem opened.
var Opened = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// Deps is a world in which it is 12 min 34 s after Opened.
func Deps() notify.ChannelDeps {
	return notify.ChannelDeps{
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return Opened.Add(12*time.Minute + 34*time.Second) }, Words: text.Default(),
		Link:    func(s checks.Service) string { return "https://monitor.example.net/hosts/" + s.Host },
		AckLink: func(m alerting.Message) string { return "https://monitor.example.net/ack/" + m.Contact + "?t=a&b=1" },
	}
}

// Problem is a message to an address of a kind of channel.
func Problem(channel, to string) notify.Notification {
	return notify.Notification{Message: alerting.Message{
		ID: "i1.problem1.abc.xyz", Thread: "i1.problem1.abc.xyz", Incident: 1, Kind: alerting.KindProblem,
		Contact: "noc", Channel: channel, To: to, Language: text.English, Zone: "UTC", Queued: Opened.Add(time.Second), Due: Opened.Add(time.Second),
		Notice: alerting.Notice{
			Service: checks.Service{Host: "db1", Check: "sql"}, Address: "192.0.2.20", State: checks.Critical, Worst: checks.Critical,
			Summary: text.Verbatim("connection refused"), Reason: checks.ReasonConnect, Evidence: []byte("line 1\r\nline 2\r\n"),
			Since: Opened, Opened: Opened, Attempts: 3, Others: []string{"boss"},
		},
	}}
}

// Recovery is the message that follows Problem.
func Recovery(channel, to string) notify.Notification {
	n := Problem(channel, to)
	n.ID, n.Follows, n.Kind = "i1.recovery1.abc.xyz", n.ID, alerting.KindRecovery
	n.Notice.State, n.Notice.Summary, n.Notice.Reason, n.Notice.Evidence = checks.OK, text.Verbatim("answers again"), checks.ReasonNone, nil
	n.Notice.Closed = Opened.Add(12*time.Minute + 34*time.Second)
	return n
}

// Japanese is a message to somebody who reads Japanese.
func Japanese(n notify.Notification) notify.Notification {
	n.Language, n.Zone = text.Japanese, "Asia/Tokyo"
	return n
}

// Hostile puts a text wherever somebody outside may have a say.
func Hostile(n notify.Notification, s string) notify.Notification {
	n.Notice.Service = checks.Service{Host: s, Check: s, Item: s}
	n.Notice.Summary, n.Notice.Evidence, n.Notice.Address = text.Verbatim(s), []byte(s), s
	n.Notice.Phases = []checks.Phase{{Name: s}}
	n.Broken = errors.New(s)
	return n
}

// Secret is a secret in a file of its own.
func Secret(t testing.TB, content string) config.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: path}
}

// Outcome says what the outbox makes of an error.
func Outcome(err error) string {
	_, permanent := errors.AsType[notify.Permanent](err)
	_, doubt := errors.AsType[notify.InDoubt](err)
	switch {
	case err == nil:
		return "taken"
	case permanent:
		return "permanent"
	case doubt:
		return "in doubt"
	}
	return "temporary"
}

// Uncommented is a sample with the keys that it only offers in force, except
// those that stand in place of another.
func Uncommented(sample string, except ...string) string {
	var out []string
	for line := range strings.Lines(sample) {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		rest, offered := strings.CutPrefix(line[len(indent):], "# ")
		key, _, _ := strings.Cut(rest, ":")
		if offered && indent != "" && !slices.Contains(except, key) {
			line = indent + rest
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

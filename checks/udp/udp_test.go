package udp

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok       = checks.OK
	critical = checks.Critical
	// status is a question for the version of a name server (class CHAOS).
	status = "\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03"
)

func echo(_ context.Context, packet []byte, say func([]byte)) { say(packet) }

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	named := bind.New(t, 1)
	var asked atomic.Int32
	for _, tt := range []struct {
		name, address string
		port          int
		change        func(*Config)
		state         checks.State
		reason        checks.Reason
		phase         string
	}{
		{"healthy named", "127.0.0.1", named.Port, func(c *Config) { c.Send, c.Expect = status, "\x07version\x04bind" }, ok, "", "query"},
		{"healthy named over IPv6", "::1", named.Port, func(c *Config) {
			c.Send, c.SendHex, c.Expect = "", hex.EncodeToString([]byte(status)), "\x07version\x04bind"
		}, ok, "", "query"},
		{"healthy", "127.0.0.1", testproc.BadUDP(t, echo), nil, ok, "", "query"},
		{"healthy by name", "localhost", testproc.BadUDP(t, echo), func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
		{"a packet is lost", "127.0.0.1", testproc.BadUDP(t, func(ctx context.Context, p []byte, say func([]byte)) {
			if asked.Add(1) > 1 {
				say(p)
			}
		}), nil, ok, "", "query"},
		{"regular expression", "127.0.0.1", testproc.BadUDP(t, echo), func(c *Config) { c.Expect, c.ExpectRegexp = "", "^p.*g$" }, ok, "", "query"},
		{"too slow", "127.0.0.1", testproc.BadUDP(t, echo), func(c *Config) { c.Critical = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, critical, checks.ReasonThreshold, "query"},
		{"other words", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSays("pong")), nil, critical, checks.ReasonContent, "query"},
		{"no such name", "nosuch.invalid", 9, nil, critical, checks.ReasonDNS, "dns"},
		{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "query"},
		{"silent", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSilent), nil, critical, checks.ReasonTimeout, "query"},
		{"a byte at a time", "127.0.0.1", testproc.BadUDP(t, testproc.UDPTrickle(200*time.Millisecond)), nil, critical, checks.ReasonContent, "query"},
		{"endless", "127.0.0.1", testproc.BadUDP(t, testproc.UDPEndless), nil, critical, checks.ReasonContent, "query"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port, cfg.Send, cfg.Expect = tt.port, "ping", "ping"
			if tt.change != nil {
				tt.change(&cfg)
			}
			checktest.Want(t, checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium), tt.state, tt.reason, tt.phase)
		})
	}
}

func TestVerdictsAreThoseOfCheckUDP(t *testing.T) {
	for name, port := range map[string]int{
		"healthy": testproc.BadUDP(t, echo), "stopped": testproc.FreePort(t), "silent": testproc.BadUDP(t, testproc.UDPSilent),
	} {
		code, out := checktest.Plugin(t, "check_udp", "-H", "127.0.0.1", "-p", strconv.Itoa(port), "-s", "ping", "-e", "ping", "-t", "2")
		cfg := DefaultConfig()
		cfg.Port, cfg.Send, cfg.Expect = port, "ping", "ping"
		if ours := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium).State.ExitCode(); ours != code {
			t.Errorf("%s: ours %d, check_udp %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	if code, out := checktest.CLI(t, Type(), testproc.BadUDP(t, echo), "--send", "ping", "--expect", "ping", "-w", "1"); code != 0 || !strings.HasPrefix(out, "UDP OK - ") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	for want, c := range map[string]Config{
		"port:": {}, "family:": {Family: "x"}, "expect: is empty": {}, "expect_regexp: stands": {Expect: "a", ExpectRegexp: "b"},
		"expect_regexp: error": {ExpectRegexp: "("}, "tries:": {Tries: 11}, "send_hex: encoding": {SendHex: "xy"}, "send_hex: stands": {Send: "a", SendHex: "00"}, "send:": {Send: strings.Repeat("x", maxSend+1)},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

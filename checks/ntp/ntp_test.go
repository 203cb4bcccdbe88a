package ntp

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/testserver/chrony"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok       = checks.OK
	critical = checks.Critical
)

func limit(end float64) *checks.Threshold { return &checks.Threshold{Range: checks.Range{End: end}} }

// fake answers as a synchronised server would, with its clock wrong by off.
func fake(t *testing.T, off time.Duration, change func(packet []byte)) int {
	return testproc.BadUDP(t, func(_ context.Context, q []byte, say func([]byte)) {
		if len(q) < packetSize {
			return
		}
		a := make([]byte, packetSize)
		a[0], a[1], a[3] = 4<<3|modeServer, 2, 0xec
		copy(a[originAt:], q[transmitAt:packetSize])
		now := stamp(time.Now().Add(off))
		binary.BigEndian.PutUint64(a[16:], stamp(time.Now().Add(off-time.Minute)))
		binary.BigEndian.PutUint64(a[32:], now)
		binary.BigEndian.PutUint64(a[40:], now)
		if change != nil {
			change(a)
		}
		say(a)
	})
}

// stamp is an NTP timestamp of this era (RFC 5905, section 6).
func stamp(t time.Time) uint64 {
	const unixToNTP = 2208988800
	return uint64(t.Unix()+unixToNTP)<<32 | uint64(t.Nanosecond())<<32/1e9
}

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	_, good := chrony.New(t, 3)
	_, lost := chrony.New(t, 0)
	for _, tt := range []struct {
		name, address string
		port          int
		change        func(*Config)
		state         checks.State
		reason        checks.Reason
		phase         string
	}{
		{"healthy", "127.0.0.1", good, func(c *Config) { c.Critical = limit(1) }, ok, "", "query"},
		{"healthy over IPv6", "::1", good, nil, ok, "", "query"},
		{"healthy by name", "localhost", good, func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
		{"far from a clock", "127.0.0.1", good, func(c *Config) { c.MaxStratum = 2 }, critical, checks.ReasonStatus, "query"},
		{"not synchronised", "127.0.0.1", lost, nil, critical, checks.ReasonStatus, "query"},
		{"fast by a minute", "127.0.0.1", fake(t, time.Minute, nil), func(c *Config) { c.Warning, c.Critical = limit(1), limit(120) }, checks.Warning, checks.ReasonThreshold, "query"},
		{"slow by an hour", "127.0.0.1", fake(t, -time.Hour, nil), func(c *Config) { c.Warning, c.Critical = limit(1), limit(120) }, critical, checks.ReasonThreshold, "query"},
		{"kiss of death", "127.0.0.1", fake(t, 0, func(p []byte) { p[1] = 0; copy(p[12:], "RATE") }), nil, critical, checks.ReasonStatus, "query"},
		{"leap says so", "127.0.0.1", fake(t, 0, func(p []byte) { p[0] |= 3 << 6 }), nil, critical, checks.ReasonStatus, "query"},
		{"its own clock is old", "127.0.0.1", fake(t, 0, func(p []byte) { binary.BigEndian.PutUint64(p[16:], stamp(time.Now().Add(-72*time.Hour))) }), nil, critical, checks.ReasonStatus, "query"},
		{"answers somebody else", "127.0.0.1", fake(t, 0, func(p []byte) { p[originAt]++ }), nil, critical, checks.ReasonProtocol, "query"},
		{"no such name", "nosuch.invalid", good, nil, critical, checks.ReasonDNS, "dns"},
		{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "query"},
		{"silent", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSilent), nil, critical, checks.ReasonTimeout, "query"},
		{"wrong protocol", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSays("SIP/2.0 400 Bad Request\r\n\r\n")), nil, critical, checks.ReasonProtocol, "query"},
		{"a byte at a time", "127.0.0.1", testproc.BadUDP(t, testproc.UDPTrickle(200*time.Millisecond)), nil, critical, checks.ReasonProtocol, "query"},
		{"endless", "127.0.0.1", testproc.BadUDP(t, testproc.UDPEndless), nil, critical, checks.ReasonProtocol, "query"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port = tt.port
			if tt.change != nil {
				tt.change(&cfg)
			}
			checktest.Want(t, checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium), tt.state, tt.reason, tt.phase)
		})
	}
}

func TestTheOffsetIsTheServersClockMinusOurs(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, -3 * time.Second} {
		cfg := DefaultConfig()
		cfg.Port = fake(t, off, nil)
		if got := checktest.Perf(t, checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium), "offset"); math.Abs(got-off.Seconds()) > 0.5 {
			t.Errorf("offset %v; want %s", got, off)
		}
	}
}

func TestVerdictsAreThoseOfCheckNTPTime(t *testing.T) {
	_, good := chrony.New(t, 3)
	for name, port := range map[string]int{
		"healthy": good, "stopped": testproc.FreePort(t), "an hour off": fake(t, time.Hour, nil), "silent": testproc.BadUDP(t, testproc.UDPSilent),
	} {
		code, out := checktest.Plugin(t, "check_ntp_time", "-4", "-H", "127.0.0.1", "-p", strconv.Itoa(port), "-w", "60", "-c", "120", "-t", "5")
		cfg := DefaultConfig()
		cfg.Port, cfg.Warning, cfg.Critical = port, limit(60), limit(120)
		if ours := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium).State.ExitCode(); ours != code {
			t.Errorf("%s: ours %d, check_ntp_time %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	_, good := chrony.New(t, 3)
	if code, out := checktest.CLI(t, Type(), good, "-w", "1s", "-c", "2"); code != 0 || !strings.HasPrefix(out, "NTP OK - ") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Family: "x", MaxStratum: 16}).Validate()
	for _, want := range []string{"port:", "family:", "max_stratum:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	question := make([]byte, packetSize)
	copy(question[transmitAt:], "12345678")
	answer := make([]byte, packetSize)
	answer[0] = modeServer
	copy(answer[originAt:], "12345678")
	f.Add(answer)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if answers(packet, question) && (len(packet) < packetSize || string(packet[originAt:originAt+8]) != "12345678") {
			t.Errorf("%x is taken", packet)
		}
	})
}

package dns

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// with is the default configuration, changed, for a port.
func with(port int, change func(*Config)) *Config {
	c := DefaultConfig()
	c.Port, c.Name, c.Recursion = port, "www.example.test", false
	if change != nil {
		change(&c)
	}
	return &c
}

const (
	ok       = checks.OK
	critical = checks.Critical
)

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	named := bind.New(t, 7)
	stopped := testproc.FreePort(t)
	tcp := func(c *Config) { c.Transport = TransportTCP }
	for _, tt := range []struct {
		name, address string
		port          int
		change        func(*Config)
		state         checks.State
		reason        checks.Reason
		phase         string
	}{
		{"healthy", "127.0.0.1", named.Port, nil, ok, "", "query"},
		{"healthy over IPv6", "::1", named.Port, nil, ok, "", "query"},
		{"healthy over TCP", "127.0.0.1", named.Port, tcp, ok, "", "query"},
		{"healthy by name", "localhost", named.Port, func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
		{"no such server name", "nosuch.invalid", named.Port, nil, critical, checks.ReasonDNS, "dns"},
		{"no address of the family", "127.0.0.1", named.Port, func(c *Config) { c.Family = "ip6" }, critical, checks.ReasonDNS, ""},
		{"both addresses", "127.0.0.1", named.Port, func(c *Config) { c.Expect, c.ExpectOnly = []string{"192.0.2.2", "192.0.2.1"}, true }, ok, "", "query"},
		{"another address", "127.0.0.1", named.Port, func(c *Config) { c.Expect = []string{"192.0.2.9"} }, critical, checks.ReasonContent, "query"},
		{"one too many", "127.0.0.1", named.Port, func(c *Config) { c.Expect, c.ExpectOnly = []string{"192.0.2.1"}, true }, critical, checks.ReasonContent, "query"},
		{"mail", "127.0.0.1", named.Port, func(c *Config) { c.Name, c.Record, c.Expect = "example.test", "mx", []string{"10 MAIL.example.test"} }, ok, "", "query"},
		{"text", "127.0.0.1", named.Port, func(c *Config) { c.Name, c.Record, c.Expect = "word.example.test", "TXT", []string{"v=spf1 -all"} }, ok, "", "query"},
		{"alias", "127.0.0.1", named.Port, func(c *Config) { c.Name, c.Expect = "alias.example.test", []string{"192.0.2.1"} }, ok, "", "query"},
		{"does not fit into UDP", "127.0.0.1", named.Port, func(c *Config) { c.Name, c.Record = "big.example.test", "TXT" }, ok, "", "tcp"},
		{"no such name", "127.0.0.1", named.Port, func(c *Config) { c.Name = "no.example.test" }, critical, checks.ReasonStatus, "query"},
		{"no such name, as wanted", "127.0.0.1", named.Port, func(c *Config) { c.Name, c.RCode = "no.example.test", "nxdomain" }, ok, "", "query"},
		{"no such record", "127.0.0.1", named.Port, func(c *Config) { c.Record = "SRV" }, critical, checks.ReasonContent, "query"},
		{"not its zone", "127.0.0.1", named.Port, func(c *Config) { c.Name = "example.org" }, critical, checks.ReasonStatus, "query"},
		{"authority", "127.0.0.1", named.Port, func(c *Config) { c.Authoritative = true }, ok, "", "query"},
		{"not validated", "127.0.0.1", named.Port, func(c *Config) { c.DNSSEC = true }, critical, checks.ReasonContent, "query"},
		{"too slow", "127.0.0.1", named.Port, func(c *Config) { c.Critical = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, critical, checks.ReasonThreshold, "query"},
		{"stopped", "127.0.0.1", stopped, nil, critical, checks.ReasonConnect, "query"},
		{"stopped, TCP", "127.0.0.1", stopped, tcp, critical, checks.ReasonConnect, "connect"},
		{"silent", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSilent), nil, critical, checks.ReasonTimeout, "query"},
		{"wrong protocol", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSays("HTTP/1.1 400 Bad Request\r\n")), nil, critical, checks.ReasonProtocol, "query"},
		{"a byte at a time", "127.0.0.1", testproc.BadUDP(t, testproc.UDPTrickle(200*time.Millisecond)), nil, critical, checks.ReasonProtocol, "query"},
		{"endless", "127.0.0.1", testproc.BadUDP(t, testproc.UDPEndless), nil, critical, checks.ReasonProtocol, "query"},
		{"silent, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), tcp, critical, checks.ReasonTimeout, "query"},
		{"wrong protocol, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Says("\x00\x10SSH-2.0-OpenSSH_9.2")), tcp, critical, checks.ReasonProtocol, "query"},
		{"a byte at a time, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Trickle("", 100*time.Millisecond)), tcp, critical, checks.ReasonTimeout, "query"},
		{"endless, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("")), tcp, critical, checks.ReasonProtocol, "query"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checktest.Want(t, checktest.Run(t, Type(), with(tt.port, tt.change), tt.address, checktest.Medium), tt.state, tt.reason, tt.phase)
		})
	}
}

func TestSerialsMustBeTheSame(t *testing.T) {
	one, same, other := bind.New(t, 7), bind.New(t, 7), bind.New(t, 8)
	try := func(server string, state checks.State, reason checks.Reason, phase string) checks.Result {
		t.Helper()
		r := checktest.Run(t, Type(), with(one.Port, func(c *Config) {
			c.Name, c.Record, c.SameSerial = "example.test", "SOA", []string{server}
		}), "127.0.0.1", checktest.Medium)
		checktest.Want(t, r, state, reason, phase)
		return r
	}
	local := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	if got := checktest.Perf(t, try(local(same.Port), ok, "", "serial"), "serial"); got != 7 {
		t.Errorf("serial %v; want 7", got)
	}
	if s := checktest.Say(try(local(other.Port), critical, checks.ReasonContent, "serial")); !strings.Contains(s, "has 7") || !strings.Contains(s, "has 8") {
		t.Error(s)
	}
	try("nosuch.invalid", critical, checks.ReasonDNS, "serial")
	try(local(testproc.BadUDP(t, testproc.UDPSilent)), critical, checks.ReasonTimeout, "serial")
	other.Stop()
	try(local(other.Port), critical, checks.ReasonConnect, "serial")
}

// No validating resolver runs here: a peer of ours sets the flag.
func TestTheADFlagIsSeen(t *testing.T) {
	port := testproc.BadUDP(t, func(_ context.Context, packet []byte, say func([]byte)) {
		q := new(mdns.Msg)
		if q.Unpack(packet) != nil {
			return
		}
		a := new(mdns.Msg).SetReply(q)
		a.AuthenticatedData = q.AuthenticatedData && q.IsEdns0() != nil && q.IsEdns0().Do()
		rr, _ := mdns.NewRR("www.example.test. 1 IN A 192.0.2.1")
		a.Answer = []mdns.RR{rr}
		b, _ := a.Pack()
		say(b)
	})
	checktest.Want(t, checktest.Run(t, Type(), with(port, func(c *Config) { c.DNSSEC = true }), "127.0.0.1", checktest.Medium), ok, "", "query")
}

func TestVerdictsAreThoseOfCheckDig(t *testing.T) {
	named := bind.New(t, 7)
	for name, tt := range map[string]struct {
		port       int
		host, want string
	}{
		"healthy": {named.Port, "www.example.test", "192.0.2.1"}, "another address": {named.Port, "www.example.test", "192.0.2.9"},
		"no such name": {named.Port, "no.example.test", ""}, "stopped": {testproc.FreePort(t), "www.example.test", ""},
		"silent": {testproc.BadUDP(t, testproc.UDPSilent), "www.example.test", ""},
	} {
		args := []string{"-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-l", tt.host, "-t", "2"}
		cfg := with(tt.port, func(c *Config) { c.Name = tt.host })
		if tt.want != "" {
			args, cfg.Expect = append(args, "-a", tt.want), []string{tt.want}
		}
		code, out := checktest.Plugin(t, "check_dig", args...)
		ours := checktest.Run(t, Type(), cfg, "127.0.0.1", checktest.Medium).State.ExitCode()
		// check_dig calls another address and a refused packet WARNING; for us
		// wrong data and a stopped server are CRITICAL.
		milder := name == "another address" || name == "stopped"
		if ours != code && !(milder && ours == 2 && code == 1) {
			t.Errorf("%s: ours %d, check_dig %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	named := bind.New(t, 7)
	if code, out := checktest.CLI(t, Type(), named.Port, "--name", "www.example.test", "--expect", "192.0.2.1,192.0.2.2"); code != 0 || !strings.HasPrefix(out, "DNS OK - ") {
		t.Errorf("code %d, %s", code, out)
	}
	if code, out := checktest.CLI(t, Type(), named.Port, "--name", "www.example.test", "-c", "0.000000001"); code != 2 {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Family: "x", Record: "NOPE", Transport: "x", RCode: "x", ExpectOnly: true, SameSerial: []string{"a:b"}}
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "name:", "record:", "transport:", "rcode:", "expect_only:", "same_serial: compares", `same_serial: got "a:b"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	query := new(mdns.Msg).SetQuestion("www.example.test.", mdns.TypeA)
	query.Id = 1
	reply := new(mdns.Msg).SetReply(query)
	for _, s := range []string{"www.example.test. 1 IN A 192.0.2.1", "www.example.test. 1 IN TXT \"a\\\"b\""} {
		rr, _ := mdns.NewRR(s)
		reply.Answer = append(reply.Answer, rr)
		b, _ := reply.Pack()
		f.Add(b)
	}
	check := &Check{cfg: *with(53, func(c *Config) { c.Expect, c.ExpectOnly, c.Record = []string{"192.0.2.1"}, true, "ANY" })}
	f.Fuzz(func(t *testing.T, packet []byte) {
		m := parse(packet, query)
		if m == nil {
			return
		}
		check.judge(m, "h:53")
		serial(m)
		if s := brief(m, mdns.TypeANY); len(s) > maxBrief+8 {
			t.Errorf("%d bytes in a sentence", len(s))
		}
	})
}

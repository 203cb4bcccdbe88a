package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/internal/icmp"
	"monitord/internal/runner"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(t *testing.T, c *Check) (checks.Result, string) {
	t.Helper()
	if err := c.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	said := text.Default().Render(text.English, nil, results[0].Summary)
	if strings.Contains(said, "{") || said == results[0].Summary.ID {
		t.Errorf("summary %q", said)
	}
	return results[0], said
}

// fakePinger answers as it is told.
type fakePinger struct {
	report icmp.Report
	err    error
	asked  netip.Addr
}

func (p *fakePinger) Ping(_ context.Context, r icmp.Request) (icmp.Report, error) {
	p.asked = r.Addr
	return p.report, p.err
}

const twoRoutes = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
	"eth1\t00000000\t0101A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n" +
	"eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
	"eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"

func TestEachAnswerIsJudged(t *testing.T) {
	silent := func(context.Context, arpRequest) (time.Duration, error) { return 0, errSilent }
	answers := func(context.Context, arpRequest) (time.Duration, error) { return time.Millisecond, nil }
	forbidden := func(context.Context, arpRequest) (time.Duration, error) { return 0, errARPPermission }
	pong := icmp.Report{Sent: 3, RTTs: []time.Duration{2 * time.Millisecond, time.Millisecond}}
	none := icmp.Report{Sent: 3}
	noRoute := icmp.Report{Sent: 3, SendErr: unix.ENETUNREACH}
	for _, tt := range []struct {
		name    string
		routes  string
		config  func(*Config)
		report  icmp.Report
		pingErr error
		arp     func(context.Context, arpRequest) (time.Duration, error)
		state   checks.State
		reason  checks.Reason
		says    string
	}{
		{"answers", twoRoutes, nil, pong, nil, silent, checks.OK, "", "192.0.2.1 answers after"},
		{"of an interface", twoRoutes, func(c *Config) { c.Interface = "eth1" }, pong, nil, silent, checks.OK, "", "192.168.1.1 answers"},
		{"configured", "", func(c *Config) { c.Address = "198.51.100.1" }, pong, nil, silent, checks.OK, "", "198.51.100.1 answers"},
		{"drops pings", twoRoutes, nil, none, nil, answers, checks.OK, "", "192.0.2.1 answers ARP"},
		{"only ARP", twoRoutes, func(c *Config) { c.Ask = []string{AskARP} }, pong, nil, silent, checks.Critical, checks.ReasonTimeout, "does not answer"},
		{"silent", twoRoutes, nil, none, nil, silent, checks.Critical, checks.ReasonTimeout, "192.0.2.1 does not answer"},
		{"no default route", "Iface\n", nil, pong, nil, answers, checks.Critical, checks.ReasonConnect, "no default gateway"},
		{"no route", twoRoutes, func(c *Config) { c.Ask = []string{AskPing} }, noRoute, nil, silent, checks.Critical, checks.ReasonConnect, "unreachable"},
		{"may not ping", twoRoutes, nil, none, icmp.ErrPermission, answers, checks.OK, "", "answers ARP"},
		{"may not ping, and ARP is silent", twoRoutes, nil, none, icmp.ErrPermission, silent, checks.Critical, checks.ReasonTimeout, "does not answer"},
		{"pings are silent, and no ARP", twoRoutes, nil, none, nil, forbidden, checks.Critical, checks.ReasonTimeout, "does not answer"},
		{"may nothing", twoRoutes, nil, none, icmp.ErrPermission, forbidden, checks.Unknown, checks.ReasonPermission, "CAP_NET_RAW"},
		{"IPv6", "", func(c *Config) { c.Address = "2001:db8::1" }, none, nil, answers, checks.Critical, checks.ReasonTimeout, "2001:db8::1"},
	} {
		cfg := DefaultConfig()
		if tt.config != nil {
			tt.config(&cfg)
		}
		c := New(cfg, checks.Deps{Pinger: &fakePinger{report: tt.report, err: tt.pingErr}})
		c.arp, c.routes = tt.arp, filepath.Join(t.TempDir(), "route")
		if err := os.WriteFile(c.routes, []byte(tt.routes), 0o600); err != nil {
			t.Fatal(err)
		}
		r, said := ask(t, c)
		if r.State != tt.state || r.Reason != tt.reason || !strings.Contains(said, tt.says) {
			t.Errorf("%s: got %s %q %q; want %s %q %q", tt.name, r.State, r.Reason, said, tt.state, tt.reason, tt.says)
		}
	}
}

func TestWhatWeCannotDoIsAnError(t *testing.T) {
	boom := errors.New("boom")
	c := New(DefaultConfig(), checks.Deps{Pinger: &fakePinger{err: boom}})
	c.cfg.Address, c.cfg.Ask = "192.0.2.1", []string{AskPing}
	if _, err := c.Run(t.Context(), checks.Target{}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	c = New(DefaultConfig(), checks.Deps{})
	c.routes = filepath.Join(t.TempDir(), "none")
	if _, err := c.Run(t.Context(), checks.Target{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestALinkLocalGatewayIsAskedOnItsInterface(t *testing.T) {
	p := &fakePinger{report: icmp.Report{Sent: 1, RTTs: []time.Duration{1}}}
	cfg := DefaultConfig()
	cfg.Address, cfg.Interface = "fe80::1", "eth0"
	if r, _ := ask(t, New(cfg, checks.Deps{Pinger: p})); r.State != checks.OK || p.asked.String() != "fe80::1%eth0" {
		t.Errorf("got %s, asked %s", r.State, p.asked)
	}
}

// A real router at the other end of a cable, in a namespace of its own: it
// answers pings, drops them, and is unplugged.
func TestARealRouter(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	id := fmt.Sprintf("gw%d", os.Getpid()%100000)
	ip := func(args ...string) {
		t.Helper()
		r, err := runner.Run(t.Context(), runner.Command{Path: "/sbin/ip", Args: args})
		if err != nil || r.ExitCode != 0 {
			t.Fatalf("ip %v: %v %s (apt-get install -y --no-install-recommends iproute2)", args, err, r.Stderr)
		}
	}
	ip("netns", "add", id)
	defer ip("netns", "del", id)
	inside(t, id, func() {
		ip("link", "add", "up0", "type", "veth", "peer", "name", "router0")
		ip("netns", "add", id+"r")
	})
	defer ip("netns", "del", id+"r")
	ip("-n", id, "link", "set", "router0", "netns", id+"r")
	ip("-n", id, "addr", "add", "198.51.100.2/24", "dev", "up0")
	ip("-n", id, "link", "set", "up0", "up")
	ip("-n", id+"r", "addr", "add", "198.51.100.1/24", "dev", "router0")
	ip("-n", id+"r", "link", "set", "router0", "up")

	cfg := DefaultConfig()
	cfg.PacketInterval, cfg.Wait = 10*time.Millisecond, 300*time.Millisecond
	want := func(state checks.State, says string) {
		t.Helper()
		inside(t, id, func() {
			c := New(cfg, checks.Deps{})
			c.routes = "/proc/thread-self/net/route" // /proc/net is the first thread's
			if r, said := ask(t, c); r.State != state || !strings.Contains(said, says) {
				t.Errorf("got %s %q; want %s %q", r.State, said, state, says)
			}
		})
	}
	want(checks.Critical, "no default gateway")
	ip("-n", id, "route", "add", "default", "via", "198.51.100.1")
	want(checks.OK, "198.51.100.1 answers after")
	inside(t, id+"r", func() {
		if err := os.WriteFile("/proc/sys/net/ipv4/icmp_echo_ignore_all", []byte("1"), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	want(checks.OK, "198.51.100.1 answers ARP")
	ip("-n", id+"r", "addr", "flush", "dev", "router0")
	want(checks.Critical, "198.51.100.1 does not answer")
	ip("-n", id, "link", "set", "up0", "down")
	want(checks.Critical, "no default gateway")
}

// inside runs f in a network namespace. Its thread is thrown away afterwards.
func inside(t *testing.T, ns string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		fd, err := unix.Open("/run/netns/"+ns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}

func TestThisMachinesLoopbackIsNoEthernet(t *testing.T) {
	_, _, err := linkTo(netip.MustParseAddr("127.0.0.1"), "")
	if !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a.String())
			if err != nil || !p.Addr().Is4() || len(i.HardwareAddr) != 6 || i.Flags&net.FlagUp == 0 {
				continue
			}
			if got, from, err := linkTo(p.Addr(), i.Name); err != nil || got.Name != i.Name || !p.Contains(from) {
				t.Errorf("%s: got %v, %s, %v", a, got, from, err)
			}
		}
	}
}

func TestAnARPPacketIsTheOneOfRFC826(t *testing.T) {
	a := arp{
		op: arpAsk, senderMAC: [6]byte{2, 0, 0, 0, 0, 1}, sender: netip.MustParseAddr("192.0.2.2"),
		target: netip.MustParseAddr("192.0.2.1"),
	}
	want := []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1}
	if got := a.marshal(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	// Ethernet pads to 46 bytes.
	if back, ok := parseARP(append(want, make([]byte, 18)...)); !ok || back != a {
		t.Errorf("got %+v, %v", back, ok)
	}
}

func FuzzParseARP(f *testing.F) {
	f.Add(arp{op: arpAnswer, sender: netip.MustParseAddr("192.0.2.1"), target: netip.MustParseAddr("192.0.2.2")}.marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, ok := parseARP(b); ok && !slices.Equal(a.marshal(), b[:arpBytes]) {
			t.Errorf("%v became %v", b[:arpBytes], a.marshal())
		}
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Address: "gw", Ask: []string{"ping", "ping", "tcp"}}).Validate()
	for _, want := range []string{"address: got", "ask[1]: got", "ask[2]: got", "count: ", "packet_interval: ", "wait: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	cfg := DefaultConfig()
	cfg.Address, cfg.Ask = "2001:db8::1", []string{AskARP}
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "ARP is for IPv4 only") {
		t.Errorf("got %v", err)
	}
	cfg.Ask = nil
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "ask: is empty") {
		t.Errorf("got %v", err)
	}
}

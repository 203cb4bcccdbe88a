package lvs

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/ipvsadm-1.31", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var equalAddr = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestARecordedTableIsReadWhole(t *testing.T) {
	rules, limits := read(t, "save.txt"), read(t, "thresholds.txt")
	at := netip.MustParseAddrPort
	for want, entries := range map[string][]entry{
		"tcp 192.0.2.80:80": {
			{At: at("10.0.0.1:80"), Weight: 5, Flags: []string{"-g"}, Upper: 100, Lower: 50},
			{At: at("10.0.0.2:8080"), Weight: 3, Flags: []string{"-m"}},
			{At: at("10.0.0.3:80"), Weight: 2, Flags: []string{"-i", "--tun-type", "ipip"}},
		},
		"fwmark 7":          {{At: at("10.0.0.1:0"), Weight: 1, Flags: []string{"-g"}}},
		"udp 192.0.2.53:53": nil,
	} {
		var s Service
		if err := s.UnmarshalText([]byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := parseRules(rules, s)
		if err != nil || !got.found {
			t.Fatalf("%s: %v %v", want, got, err)
		}
		if err := got.addThresholds(limits, s); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(entries, got.entries, equalAddr); d != "" {
			t.Errorf("%s: %s", want, d)
		}
	}
	if got, err := parseRules(rules, Service{Protocol: "udp", Address: at("192.0.2.80:80")}); err != nil || got.found {
		t.Errorf("%v %v: found what is not there", got, err)
	}
}

func TestAnOptionThatWeCannotRepeatIsAnError(t *testing.T) {
	s := Service{Protocol: "tcp", Address: netip.MustParseAddrPort("192.0.2.80:80")}
	for _, line := range []string{
		"-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w 5 --new-option", "-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g", "-a -t 192.0.2.80:80 -r x -g -w 1",
		"-a -t 192.0.2.80:80 -r 10.0.0.1:80 -w 1", "-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w", "-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w -1",
	} {
		if got, err := parseRules([]byte(line), s); err == nil {
			t.Errorf("%s: read as %v", line, got)
		}
	}
	got, err := parseRules([]byte("-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w 5"), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, limits := range []string{"", "TCP  192.0.2.80:80 rr\n -> 10.0.0.1:80 x y 0 0", "TCP  192.0.2.81:80 rr\n -> 10.0.0.1:80 1 1 0 0"} {
		if err := got.addThresholds([]byte(limits), s); err == nil {
			t.Errorf("%q: limits were read", limits)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add(read(f, "save.txt"), read(f, "thresholds.txt"), "tcp 192.0.2.80:80")
	f.Add([]byte("-A -t [2001:db8::80]:80 -s rr\n-a -t [2001:db8::80]:80 -r [2001:db8::1]:80 -m -w 1\n"), []byte("TCP  [2001:db8::80]:80 rr\n  -> [2001:db8::1]:80 0 0 0 0\n"), "tcp [2001:db8::80]:80")
	f.Fuzz(func(t *testing.T, rules, limits []byte, service string) {
		var s Service
		if s.UnmarshalText([]byte(service)) != nil {
			return
		}
		got, err := parseRules(rules, s)
		if err != nil || got.addThresholds(limits, s) != nil {
			return
		}
		// What is read can be said again, and is read as the same.
		var again strings.Builder
		for _, e := range got.entries {
			again.WriteString("-a " + strings.Join(append(s.args(), e.args(e.Weight)...), " ") + "\n")
		}
		second, err := parseRules([]byte(again.String()), s)
		if err != nil {
			t.Fatalf("%s: %v", again.String(), err)
		}
		if d := cmp.Diff(got.entries, second.entries, equalAddr); d != "" {
			t.Error(d)
		}
	})
}

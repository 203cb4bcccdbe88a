package hostfile

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/discover"
	"monitord/internal/config"
)

// scalar reads back what stands behind key.
func readBack(t *testing.T, yaml string) *config.Node {
	t.Helper()
	n, err := config.ParseBytes("hosts.yaml", []byte(yaml))
	if err != nil {
		t.Fatalf("%v in\n%s", err, yaml)
	}
	return n
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "no", "~", "1.2", "0x1", "a: b", "- x", "#x", "a #b", `"\`, "x\ny", "\x00\x1b[31m", "\u2028", "\u202e", "é\u0085", "\xff", "{{x}}", "192.0.2.1", "!!str", "&a", "*a", "%x", "@x", "日本", "😀", "1:30", "2026-01-02", "=", "<<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.ToValidUTF8(s, "\uFFFD")
		n := readBack(t, "a: "+Quote(s)+"\nb: ["+Quote(s)+", x]\nc: {file: "+Quote(s)+"}\n")
		if got := n.Get("a"); got == nil || got.Kind == config.Map || got.Text != want {
			t.Errorf("%q reads back as %+v", s, got)
		}
		if b := n.Get("b"); b == nil || len(b.Items) != 2 || b.Items[0].Text != want {
			t.Errorf("%q reads back in a list as %+v", s, b)
		}
		if got := n.Get("c").Get("file"); got == nil || got.Text != want {
			t.Errorf("%q reads back in a mapping as %+v", s, got)
		}
	})
}

// FuzzDraft: whatever a device says of itself, the file reads back, and the names
// of interfaces fit their own expressions and nothing that stands beside.
func FuzzDraft(f *testing.F) {
	f.Add("sw1", "Gi0/1", "Gi0/12", "uplink")
	f.Add("x\nhosts: {}", "a.b*", "a]{{host}}", "#: \"\x1b")
	f.Add("\xff\u202e", "", "1", "'")
	f.Fuzz(func(t *testing.T, sysName, one, two, descr string) {
		d := &discover.Device{SysName: sysName, SysDescr: descr, Class: discover.Switch, Interfaces: []discover.Interface{
			{Index: 1, Item: discover.Line(one), Admin: 1, Oper: 2}, {Index: 2, Item: discover.Line(two), Admin: 1, Oper: 2, Type: discover.TypeLoopback},
		}, Sensors: []discover.Sensor{{Module: "X-MIB", Object: "xTemp", OID: snmp.MustOID(".1.3.6.1.4.1.9.1"), Name: descr, Kind: discover.Temperature, Scale: 0.1}}}
		h := Draft(d, Agent{Name: "h1", Address: "192.0.2.1", Port: 1161, Credentials: "/etc/monitord/snmp.credentials"})
		n := readBack(t, string(Write([]Host{h})))
		host := n.Get("hosts").Get("h1")
		if len(n.Entries) != 1 || host == nil || host.Get("address").Text != "192.0.2.1" {
			t.Fatalf("%s", Write([]Host{h}))
		}
		check := host.Get("checks").Get("interface")
		for key, name := range map[string]string{"unused": d.Interfaces[0].Item, "except": d.Interfaces[1].Item} {
			list := check.Get(key)
			if list == nil || len(list.Items) != 1 || strings.Contains(list.Items[0].Text, "{{") {
				t.Fatalf("%s: %+v", key, list)
			}
			re, err := regexp.Compile("^(?:" + list.Items[0].Text + ")$")
			if err != nil || !re.MatchString(name) || re.MatchString(name+"x") || re.MatchString("x"+name) {
				t.Errorf("%q does not fit %q: %v", list.Items[0].Text, name, err)
			}
		}
	})
}

func TestNamesThatDifferInANumberStandTogether(t *testing.T) {
	t.Parallel()
	got := Patterns([]string{"Gi0/3", "Vlan.1", "Gi0/4", "lo", "Gi0/x", "Gi0/10"})
	want := []string{"Gi0/(3|4|10)", `Vlan\.1`, "lo", "Gi0/x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommentsCannotEndTheirLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a\nb: c": "a b: c", "\x1b[31mred": "[31mred", "x\u2028y\u202ez": "x y z", " a \t b ": "a b"} {
		if got := Comment(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCredentialsReadBack(t *testing.T) {
	t.Parallel()
	for _, want := range []snmp.Credentials{
		{Version: snmp.V2c, Community: `p"a: #\` + "\n"},
		{Version: snmp.V1, Community: "no"},
		{Version: snmp.V3, User: "noc", Level: snmp.LevelPriv, AuthProtocol: "SHA-256", AuthPassword: "secret: word", PrivProtocol: "AES", PrivPassword: "{{x}}", Context: "c"},
	} {
		got, err := snmp.ParseCredentials("f", Credentials(want))
		if err != nil || got != want {
			t.Errorf("%v: %v, %v", want.Version, got == want, err)
		}
	}
}

func TestTheTemplatesFollowTheClass(t *testing.T) {
	t.Parallel()
	load := []discover.Processor{{Name: "cpu", Load: 0.1}}
	entity := []discover.Sensor{{Module: "ENTITY-SENSOR-MIB", Kind: discover.Temperature, Scale: 1}}
	for _, c := range []struct {
		device discover.Device
		want   []string
	}{
		{discover.Device{Class: discover.Switch}, []string{"snmp-switch"}},
		{discover.Device{Class: discover.Router, Processors: load, Sensors: entity}, []string{"snmp-switch", "snmp-sensors", "snmp-processors"}},
		{discover.Device{Class: discover.Linux, Processors: load}, []string{"snmp-linux"}},
		{discover.Device{Class: discover.Hypervisor}, []string{"snmp-server"}},
		{discover.Device{Class: discover.UPS, HasUPS: true}, []string{"snmp-ups"}},
		{discover.Device{Class: discover.Printer}, []string{"snmp-printer"}},
		{discover.Device{Class: discover.Unknown}, []string{"snmp-switch"}},
	} {
		if got := Draft(&c.device, Agent{Name: "h", Address: "h", Port: 161}).Templates; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.device.Class, got, c.want)
		}
	}
}

// What was not well on the first day, and need not be, raises no alarm: ports
// without a cable, images that are full by nature, probes that are not plugged in.
func TestTheFirstDayIsQuiet(t *testing.T) {
	t.Parallel()
	state := func(index, name string, absent bool) discover.Sensor {
		return discover.Sensor{Module: "X-MIB", Object: "xState", OID: snmp.MustOID(".1.3.6.1.4.1.9." + index), Name: name, Kind: discover.State, Scale: 1, Good: []int{1}, Absent: absent}
	}
	d := &discover.Device{Class: discover.Firewall,
		Interfaces: []discover.Interface{{Item: "em0", Admin: 1, Oper: 1}, {Item: "em1", Admin: 1, Oper: 2}, {Item: "tun0", Admin: 1, Oper: discover.StatusUnknown}, {Item: "em2", Admin: 2, Oper: 2}},
		Storage: []discover.Storage{
			{Name: "/", Type: discover.StorageFixed, Size: 100, Used: 99}, {Name: "Real memory", Type: discover.StorageRAM, Size: 5, Used: 5},
			{Name: "/dev/md0, mounted on: /packages/a.b", Type: discover.StorageFixed, Size: 100, Used: 100},
		},
		Sensors: []discover.Sensor{state("1", "fan 1", false), state("2", "fan 2", true)},
	}
	got := string(Write([]Host{Draft(d, Agent{Name: "fw1", Address: "192.0.2.1", Port: 161, Credentials: "/etc/monitord/snmp.credentials"})}))
	for _, want := range []string{"unused: [em1, tun0]", `Memory Metrics", "/packages/a\\.b"]`, "oid: [.1.3.6.1.4.1.9.1]", `label: "fan 1"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	d.Interfaces = []discover.Interface{{Item: "lo", Type: discover.TypeLoopback, Admin: 1, Oper: 1}}
	host := readBack(t, string(Write([]Host{Draft(d, Agent{Name: "fw1", Address: "192.0.2.1", Port: 161})}))).Get("hosts").Get("fw1")
	if check := host.Get("checks").Get("interface"); check == nil || check.Kind == config.Map {
		t.Errorf("a device without interfaces has the check %+v", check)
	}
}

func TestNamesThatFollowEachOtherAreOneForReaders(t *testing.T) {
	t.Parallel()
	got := Together([]string{"Gi0/1", "Gi0/2", "Gi0/3", "Te1", "Te2", "Vlan10", "lo", "Gi0/5", "99999999999999999999"})
	if want := []string{"Gi0/1–3", "Te1", "Te2", "Vlan10", "lo", "Gi0/5", "99999999999999999999"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

package mrtg

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/hostfile"
)

const cfgmaker = `# Created by
WorkDir: /var/www/mrtg
Options[_]: growright, bits
### Interface 2 >> Descr: 'FastEthernet0/1' | Name: 'Fa0/1' | Ip: '' | Eth: '00-1d' ###

Target[192.0.2.1_2]: 2:public@192.0.2.1:
MaxBytes[192.0.2.1_2]: 12500000
ThreshMaxI[192.0.2.1_2]: 80%
Title[192.0.2.1_2]: Traffic of Fa0/1
PageTop[192.0.2.1_2]: <h1>Traffic</h1>
 <div id="sysdetails">
  </div>
`

func translate(t *testing.T, text string, files map[string]string) Translation {
	t.Helper()
	return Translate("mrtg.cfg", []byte(text), Options{
		Read: func(path string) ([]byte, error) {
			if s, ok := files[path]; ok {
				return []byte(s), nil
			}
			return nil, fs.ErrNotExist
		},
		Object: func(name string) error {
			if strings.HasPrefix(name, "foo") {
				return errors.New(name + ": unknown")
			}
			return nil
		},
	})
}

func TestWhatCfgmakerWritesBecomesAnInterfaceByItsName(t *testing.T) {
	t.Parallel()
	got := translate(t, cfgmaker, nil)
	if len(got.Hosts) != 1 || len(got.Lost) != 0 || len(got.Notes) != 0 || got.Targets != 1 {
		t.Fatalf("%+v", got)
	}
	h := got.Hosts[0]
	text := string(hostfile.Write([]hostfile.Host{h.Host}))
	for _, want := range []string{"# 192.0.2.1_2: Traffic of Fa0/1", "templates: [snmp-switch]", "only: [Fa0/1]", `usage_warning: "80%"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if h.Credentials.Community != "public" || h.Credentials.Version != snmp.V1 || strings.Contains(text, "public") {
		t.Errorf("community or version:\n%s", text)
	}
}

func TestEachWayToNameATargetIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want target
	}{
		{"2:public@r1", target{kind: byNumber, ref: "2", community: "public", address: "r1", port: 161}},
		{"-2:public@r1:", target{kind: byNumber, ref: "2", community: "public", address: "r1", port: 161}},
		{"/10.0.0.1:p@ss@r1:::::2", target{kind: byAddress, ref: "10.0.0.1", community: "p@ss", address: "r1", port: 161, version: snmp.V2c}},
		{`\Ethernet0\:1:c@r1`, target{kind: byDescr, ref: "Ethernet0:1", community: "c", address: "r1", port: 161}},
		{`#Gi0/1:c@[2001:db8::1]:1161`, target{kind: byName, ref: "Gi0/1", community: "c", address: "2001:db8::1", port: 1161}},
		{"!00-0a-f1:c@r1", target{kind: byMAC, ref: "00-0a-f1", community: "c", address: "r1", port: 161}},
		{"%24:c@r1", target{kind: byType, ref: "24", community: "c", address: "r1", port: 161}},
		{"ifHCInOctets.7&ifHCOutOctets.7:c@r1", target{kind: byNumber, ref: "7", community: "c", address: "r1", port: 161}},
		{"1.3.6.1.2.1.2.2.1.10.7&1.3.6.1.2.1.2.2.1.16.7:c@r1", target{kind: byNumber, ref: "7", community: "c", address: "r1", port: 161}},
		{"sysUpTime.0&a.1:c@r1|ucfirst", target{kind: byOID, objects: [2]string{"sysUpTime.0", "a.1"}, community: "c", address: "r1", port: 161}},
	} {
		got, err := parseTarget(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.text, got, err)
		}
	}
	for _, bad := range []string{"", "2", "2:public", "2:@r1", "2:c@", "x:c@r1", ":c@r1", "2:c@r1:0", "2:c@r1:x", "2:c@r1:::::3", "2:c@r1:::::9", "a&:c@r1"} {
		if got, err := parseTarget(bad); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

func TestWhatCannotBeTranslatedIsListedWithItsPlace(t *testing.T) {
	t.Parallel()
	got := translate(t, "Target[a]: `/bin/x`\n"+
		"Target[b]: 2:c@h + 3:c@h\n"+
		"Target[c]: foo.0&foo.0:c@h\n"+
		"Wrong: 1\n"+
		"nothing\n"+
		" \n"+
		" continues\n"+
		"Include: more.cfg\n"+
		"Include: none.cfg\n"+
		"Factor[a]: 8\n"+
		"Target[d]: #x:c@h\nThreshMaxI[d]: 1000\nTarget[e]: #y:c@h\nThreshMaxI[e]: 70%\nThreshMaxO[e]: 60%\n",
		map[string]string{"more.cfg": "Target[z]: 9:c@z\nBad[z]: 1\n"})
	var lines []string
	for _, l := range got.Lost {
		lines = append(lines, l.String())
	}
	for _, want := range []string{
		"mrtg.cfg:1: Target[a] runs a program", "mrtg.cfg:2: Target[b] calculates", "mrtg.cfg:3: Target[c]: foo.0: unknown", `mrtg.cfg:4: keyword "wrong"`,
		"mrtg.cfg:5: is no statement", "mrtg.cfg:7: continues nothing", "mrtg.cfg:9: none.cfg is not there", "mrtg.cfg:10: Factor[a]",
		"mrtg.cfg:12: threshmaxi[d] has no counterpart", "mrtg.cfg:15: threshmaxo[e] is 60%", `more.cfg:2: keyword "bad"`,
	} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("no %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != 11 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	// A number without a name is watched with everything else, and said.
	if len(got.Notes) != 1 || !strings.HasPrefix(got.Notes[0].String(), "more.cfg:1: Target[z] knows its interface by number 9") {
		t.Errorf("notes %v", got.Notes)
	}
	for _, h := range got.Hosts {
		if text := string(hostfile.Write([]hostfile.Host{h.Host})); h.Address == "z" && strings.Contains(text, "only:") {
			t.Errorf("a target that only the device knows must not be left out:\n%s", text)
		}
	}
}

func TestObjectsBecomeChecksWithTheirFactor(t *testing.T) {
	t.Parallel()
	got := translate(t, "Target[CPU load]: 1.3.6.1.4.1.9.2.1.58.0&1.3.6.1.4.1.9.2.1.58.0:c@h:1161 / 4\nTitle[cpu load]: Load\n", nil)
	if len(got.Hosts) != 1 || len(got.Lost) > 0 {
		t.Fatalf("%+v", got)
	}
	text := string(hostfile.Write([]hostfile.Host{got.Hosts[0].Host}))
	want := `      # Load
      cpu-load:
        type: snmp
        credentials: {file: "{{snmp}}"}
        oid: ["1.3.6.1.4.1.9.2.1.58.0"]
        port: 1161
        multiplier: 0.25
`
	if !strings.HasSuffix(text, want) || !strings.Contains(text, "interface: null") {
		t.Errorf("%s", text)
	}
}

func FuzzTranslate(f *testing.F) {
	f.Add(cfgmaker)
	f.Add("Target[x]: \\a\\:b:c@[::1]:1:2:3:4:2|n * 8\nInclude: mrtg.cfg\n y\n")
	f.Add("Target[_]: \nTarget[]: 1:a@b\nThreshMaxI[]: 9%")
	f.Fuzz(func(t *testing.T, text string) {
		got := Translate("mrtg.cfg", []byte(text), Options{Read: func(string) ([]byte, error) { return []byte(text), nil }})
		for _, l := range slices.Concat(got.Lost, got.Notes) {
			if l.Place.Line < 1 || l.Problem == "" {
				t.Errorf("%+v", l)
			}
		}
		for _, h := range got.Hosts {
			if h.Address == "" || len(h.Templates) == 0 {
				t.Errorf("%+v", h.Host)
			}
		}
	})
}

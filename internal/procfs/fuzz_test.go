package procfs

import "testing"

// Each parser is given outside bytes twice into the same struct: it may not
// panic, nor make more of them than they are.

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2\ncpu99999999999 1\nintr 5 6\nctxt 7\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Stat
		_ = ParseStat(b, &s)
		_ = ParseStat(b, &s)
		if len(s.CPUs) > len(b) {
			t.Errorf("%d processors in %d bytes", len(s.CPUs), len(b))
		}
	})
}

func FuzzParseLoadavg(f *testing.F) {
	f.Add([]byte("0.07 12.30 123.45 2/1059 32109\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var l Loadavg
		_ = ParseLoadavg(b, &l)
		var u Uptime
		_ = ParseUptime(b, &u)
		_, _ = ParseBootID(b)
		_, _ = ParseNumber(b)
		ParseFileNr(b)
		ParseInodeState(b)
		ParseDentryState(b)
	})
}

func FuzzParseValues(f *testing.F) {
	f.Add([]byte("MemTotal:       24685084 kB\nHugePages_Total: 4\npgpgin 5\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, v Values
		for range 2 {
			_ = ParseMeminfo(b, &m)
			_ = ParseVmstat(b, &v)
		}
		ParseSnmp6(b, &v)
		if len(m.Fields)+len(v.Fields) > 2*len(b) {
			t.Error("more fields than bytes")
		}
	})
}

func FuzzParseDiskstats(f *testing.F) {
	f.Add([]byte(" 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n 3 1 hda1 1 2 3 4\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := ParseDiskstats(b, nil)
		if again := ParseDiskstats(b, d); len(again) != len(d) {
			t.Error("the second reading differs")
		}
	})
}

func FuzzParseNetDev(f *testing.F) {
	f.Add([]byte("  lo:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := ParseNetDev(b, nil)
		if again := ParseNetDev(b, d); len(again) != len(d) {
			t.Error("the second reading differs")
		}
	})
}

func FuzzParseMountinfo(f *testing.F) {
	f.Add([]byte(`36 35 98:0 /mnt1 /srv/a\040b\134c rw,noatime master:1 - ext3 /dev/root ro` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := ParseMountinfo(b, nil)
		if again := ParseMountinfo(b, m); len(again) != len(m) {
			t.Error("the second reading differs")
		}
	})
}

func FuzzParseNetwork(f *testing.F) {
	f.Add([]byte("Ip: Forwarding InReceives\nIp: 1 42\nTCP: inuse 1 orphan 0 tw 9\n00002ec8 1 2 0 0 0 0 0 0 3 4\nsome avg10=0.12 total=9\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var n NetSnmp
		var s Sockstat
		var p Pressure
		var soft []SoftnetCPU
		for range 2 {
			ParseNetSnmp(b, &n)
			ParseSockstat(b, &s)
			ParsePressure(b, &p)
			soft = ParseSoftnetStat(b, soft)
		}
		n.Get("Ip", "InReceives")
	})
}

func FuzzParseRoutes(f *testing.F) {
	f.Add([]byte("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		routes := ParseRoutes(b)
		for _, r := range routes {
			if !r.Destination.IsValid() || !r.Gateway.Is4() || r.Iface == "" {
				t.Errorf("%q: %+v", b, r)
			}
		}
		if r, ok := DefaultGateway(routes, ""); ok && r.Destination.Bits() != 0 {
			t.Errorf("%q: %+v is no default route", b, r)
		}
	})
}

package procfs

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStatOfOldAndNewKernels(t *testing.T) {
	f := func(in string, want Stat) {
		t.Helper()
		var got Stat
		if err := ParseStat([]byte(in), &got); err != nil {
			t.Fatal(err)
		}
		if got.All != want.All || !slices.Equal(got.CPUs, want.CPUs) || got.Intr != want.Intr || got.Ctxt != want.Ctxt ||
			got.Btime != want.Btime || got.Processes != want.Processes || got.ProcsRunning != want.ProcsRunning || got.ProcsBlocked != want.ProcsBlocked {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
	// Linux 2.6.9: seven times, no procs_running on a machine without SMP.
	f("cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\nintr 9 8 7\nctxt 10\nbtime 11\nprocesses 12\n",
		Stat{All: CPU{-1, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0}, CPUs: []CPU{{0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0}}, Intr: 9, Ctxt: 10, Btime: 11, Processes: 12})
	// Linux 2.4: four times.
	f("cpu 1 2 3 4\n", Stat{All: CPU{-1, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0}})
	// Processor 1 is offline; a line of the future; a time that does not fit.
	f("cpu  1 2 3 4 5 6 7 8 9 10 11\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu2 99999999999999999999 0 0 0\nfuture 1\nprocs_running 3\nprocs_blocked 4",
		Stat{All: CPU{-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, CPUs: []CPU{{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {ID: 2, User: math.MaxUint64}}, ProcsRunning: 3, ProcsBlocked: 4})
	if err := ParseStat([]byte("ctxt 1\n"), &Stat{}); err == nil {
		t.Error("no error without a line cpu")
	}
}

func TestParsedStructIsReused(t *testing.T) {
	in := []byte("cpu  1 2\ncpu0 1 2\ncpu1 1 2\n")
	disks := []byte(" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n 8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n")
	var s Stat
	var v Values
	var d []Disk
	run := func() {
		if err := ParseStat(in, &s); err != nil {
			t.Fatal(err)
		}
		v.parse([]byte("MemTotal: 1 kB\nMemFree: 2 kB\n"), true)
		d = ParseDiskstats(disks, d)
	}
	run()
	if got := testing.AllocsPerRun(10, run); got > 1 { // the conversion of this test's own text
		t.Errorf("%v allocations, want none", got)
	}
	if len(s.CPUs) != 2 || len(d) != 2 || d[1].Name != "sdb" {
		t.Errorf("got %+v, %+v", s.CPUs, d)
	}
}

func TestLoadavgAndUptimeAreExact(t *testing.T) {
	var l Loadavg
	if err := ParseLoadavg([]byte("0.07 12.30 123.45 2/1059 32109\n"), &l); err != nil || l != (Loadavg{7, 1230, 12345, 2, 1059, 32109}) {
		t.Errorf("got %+v, %v", l, err)
	}
	for _, bad := range []string{"", "1", "1.0 2.0 3.0", "1.0 2.0 3.0 x/y 1", "1.0 2.0 3.0 4 1"} {
		if ParseLoadavg([]byte(bad), &l) == nil {
			t.Errorf("loadavg %q: no error", bad)
		}
	}
	var u Uptime
	if err := ParseUptime([]byte("7192.05 29212.5\n"), &u); err != nil || u != (Uptime{719205, 2921250}) {
		t.Errorf("got %+v, %v", u, err)
	}
	for _, bad := range []string{"", "x", ".5", "-1.00"} {
		if ParseUptime([]byte(bad), &u) == nil {
			t.Errorf("uptime %q: no error", bad)
		}
	}
}

func TestDiskstatsOfEveryWidth(t *testing.T) {
	got := ParseDiskstats([]byte("   3    0 hda 1 2 3 4 5 6 7 8 9 10 11\n   3    1 hda1 1 2 3 4\n"+
		" 104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n 259 0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18\nshort\n"), nil)
	if len(got) != 4 {
		t.Fatalf("got %d disks, want 4", len(got))
	}
	if d := got[1]; d.Fields != 4 || d.ReadIOs != 1 || d.ReadSectors != 2 || d.WriteIOs != 3 || d.WriteSectors != 4 {
		t.Errorf("partition before 2.6.25: %+v", d)
	}
	if d := got[2]; d.Name != "cciss/c0d0" || d.Fields != 15 || d.DiscardTicks != 15 || d.FlushIOs != 0 {
		t.Errorf("with discards: %+v", d)
	}
	if d := got[3]; d.Fields != 17 || d.FlushTicks != 17 || d.QueueTicks != 11 {
		t.Errorf("with flushes: %+v", d)
	}
}

func TestNetDevOfOldAndNewKernels(t *testing.T) {
	got := ParseNetDev([]byte("Inter-|   Receive  |  Transmit\n face |bytes packets\n"+
		"  lo:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\neth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18446744073709551615\nbad: 1 2\n"), nil)
	if len(got) != 2 || got[0].Name != "lo" || got[1].Name != "eth0:1" {
		t.Fatalf("got %+v", got)
	}
	want := NetDev{"lo", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	if got[0] != want || got[1].TxCompressed != math.MaxUint64 {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
}

func TestMountinfoDecodesNamesAndOptions(t *testing.T) {
	got := ParseMountinfo([]byte(`36 35 98:0 /mnt1 /srv/a\040b\134c rw,noatime master:1 - ext3 /dev/root ro,errors=continue
21 1 254:1 / / ro,relatime - btrfs /dev/sda2 rw
22 1 0:5 / /x rw,relro shared:1 propagate_from:2 - tmpfs none rw
garbage
`), nil)
	want := []Mount{{"/dev/root", `/srv/a b\c`, "ext3", true}, {"/dev/sda2", "/", "btrfs", true}, {"none", "/x", "tmpfs", false}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSmallFiles(t *testing.T) {
	if id, err := ParseBootID([]byte("5f1c3c1e-9a7b-4d2e-8a55-0123456789ab\n")); err != nil || id != "5f1c3c1e-9a7b-4d2e-8a55-0123456789ab" {
		t.Errorf("boot id %q, %v", id, err)
	}
	for _, bad := range []string{"", "5f1c3c1e-9a7b-4d2e-8a55-0123456789ag", "5f1c3c1e9a7b4d2e8a550123456789abcdef"} {
		if _, err := ParseBootID([]byte(bad)); err == nil {
			t.Errorf("boot id %q: no error", bad)
		}
	}
	var p Pressure
	ParsePressure([]byte("some avg10=0.12 avg60=3.40 avg300=100.00 total=987\nfull avg10=0.00 avg60=0.00 avg300=0.01 total=5\n"), &p)
	if p.Some != (PressureLine{12, 340, 10000, 987, true}) || p.Full != (PressureLine{0, 0, 1, 5, true}) {
		t.Errorf("pressure %+v", p)
	}
	var s Sockstat
	ParseSockstat([]byte("sockets: used 17\nTCP: inuse 1 orphan 0 tw 9 alloc 1 mem 0\nUDP: inuse 2 mem 1\nUDPLITE: inuse 8\nRAW: inuse 3\nFRAG: inuse 4 memory 0\n"), &s)
	ParseSockstat([]byte("TCP6: inuse 5\nUDP6: inuse 6\nRAW6: inuse 7\nFRAG6: inuse 8 memory 0\n"), &s)
	if s != (Sockstat{17, 1, 9, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("sockstat %+v", s)
	}
	var n NetSnmp
	ParseNetSnmp([]byte("Ip: Forwarding InReceives\nIp: 1 42\nTcp: MaxConn InSegs\nTcp: -1 7\n"), &n)
	if v, ok := n.Get("Tcp", "InSegs"); v != 7 || !ok {
		t.Errorf("InSegs %d, %v", v, ok)
	}
	if v, ok := n.Get("Tcp", "MaxConn"); v != 0 || !ok {
		t.Errorf("MaxConn %d, %v, want 0 for -1", v, ok)
	}
	if _, ok := n.Get("Udp", "InDatagrams"); ok {
		t.Error("Udp is there")
	}
	if f := ParseFileNr([]byte("16704\t0\t9223372036854775807\n")); f != (FileNr{16704, 0, math.MaxInt64}) {
		t.Errorf("file-nr %+v", f)
	}
	if v, ok := ParseNumber([]byte("-1\n")); ok || v != 0 {
		t.Errorf("speed -1: %d, %v", v, ok)
	}
	soft := ParseSoftnetStat([]byte("00002ec8 00000001 00000002 0 0 0 0 0 0 00000003 00000004\n0000000a 0 0 0 0 0 0 0 0 0 0 000000df 00000007\n"), nil)
	if want := []SoftnetCPU{{-1, 0x2ec8, 1, 2, 3, 4, 0}, {7, 10, 0, 0, 0, 0, 0xdf}}; !slices.Equal(soft, want) {
		t.Errorf("softnet %+v, want %+v", soft, want)
	}
}

func TestFileIsReadAgainFromItsStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f := NewFile(path)
	if _, err := f.Read(); err == nil {
		t.Error("a missing file gave no error")
	}
	for _, want := range []string{"short", strings.Repeat("x", 20000), ""} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := f.Read()
		if err != nil || string(got) != want {
			t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

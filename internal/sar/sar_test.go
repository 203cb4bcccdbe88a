package sar

import (
	"slices"
	"strings"
	"testing"

	"monitord/internal/procfs"
)

func snapshot(t *testing.T, uptime uint64, stat string) *Snapshot {
	t.Helper()
	s := &Snapshot{Uptime: uptime, Stat: &procfs.Stat{}}
	if err := procfs.ParseStat([]byte(stat), s.Stat); err != nil {
		t.Fatal(err)
	}
	return s
}

// rows prints the rows of the only table of a request.
func rows(t *testing.T, r Request, before, after *Snapshot) []string {
	t.Helper()
	if r.Layout == "" {
		r.Layout = Layout12
	}
	tables, missing := r.Tables(before, after, nil)
	if len(tables) != 1 {
		t.Fatalf("%v: %d tables, missing %v, want one", r.Options, len(tables), missing)
	}
	var out []string
	for _, row := range tables[0].Rows {
		out = append(out, strings.Join(row, " "))
	}
	return out
}

func TestProcessorsThatComeAndGo(t *testing.T) {
	f := func(name, before, after string, want ...string) {
		t.Helper()
		got := rows(t, Request{Options: []string{"-u"}, PerCPU: true}, snapshot(t, 100, before), snapshot(t, 200, after))
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
	f("both there", "cpu 0\ncpu0 10 0 10 100\ncpu1 10 0 10 100\n", "cpu 0\ncpu0 60 0 10 150\ncpu1 10 0 35 175\n",
		"all 25.00 0.00 12.50 0.00 0.00 62.50", "0 50.00 0.00 0.00 0.00 0.00 50.00", "1 0.00 0.00 25.00 0.00 0.00 75.00")
	f("one went offline", "cpu 0\ncpu0 10 0 10 100\ncpu1 10 0 10 100\n", "cpu 0\ncpu0 60 0 10 150\n",
		"all 50.00 0.00 0.00 0.00 0.00 50.00", "0 50.00 0.00 0.00 0.00 0.00 50.00")
	f("one came online", "cpu 0\ncpu0 10 0 10 100\n", "cpu 0\ncpu0 60 0 10 150\ncpu1 5000 0 35 175\n",
		"all 50.00 0.00 0.00 0.00 0.00 50.00", "0 50.00 0.00 0.00 0.00 0.00 50.00")
	f("went and came back in between: idle starts at zero", "cpu 0\ncpu0 10 0 10 100 50\n", "cpu 0\ncpu0 40 0 10 70 0\n",
		"all 30.00 0.00 0.00 0.00 0.00 70.00", "0 30.00 0.00 0.00 0.00 0.00 70.00")
	f("waiting became idle afterwards", "cpu 0\ncpu0 0 0 0 100 50\n", "cpu 0\ncpu0 50 0 0 150 40\n",
		"all 50.00 0.00 0.00 0.00 0.00 50.00", "0 50.00 0.00 0.00 0.00 0.00 50.00")
	f("tickless: nothing counted is all idle", "cpu 0\ncpu0 10 0 10 100\ncpu1 10 0 10 100\n", "cpu 0\ncpu0 60 0 10 150\ncpu1 10 0 10 100\n",
		"all 50.00 0.00 0.00 0.00 0.00 50.00", "0 50.00 0.00 0.00 0.00 0.00 50.00", "1 0.00 0.00 0.00 0.00 0.00 100.00")
	f("interrupts are system time", "cpu 0\ncpu0 0 0 0 0 0 0 0\n", "cpu 0\ncpu0 0 0 10 60 0 20 10\n", // all zero before: not comparable
		"all 0.00 0.00 0.00 0.00 0.00 0.00")
	f("no line per processor", "cpu 10 0 10 100\n", "cpu 60 0 10 150\n", "all 50.00 0.00 0.00 0.00 0.00 50.00")
}

func TestCounterThatGoesBackwardsHasNoRate(t *testing.T) {
	before := snapshot(t, 100, "cpu 1\nctxt 5000\nprocesses 10\n")
	after := snapshot(t, 200, "cpu 1\nctxt 4000\nprocesses 30\n")
	if got := rows(t, Request{Options: []string{"-w"}}, before, after); !slices.Equal(got, []string{"20.00 0.00"}) {
		t.Errorf("got %q, want no context switches", got)
	}
}

func TestRatesDivideByUptime(t *testing.T) {
	before := snapshot(t, 719255, "cpu 1\nctxt 0\nprocesses 0\n")
	after := snapshot(t, 722372, "cpu 1\nctxt 2132318\nprocesses 111\n")
	if got := rows(t, Request{Options: []string{"-w"}}, before, after); !slices.Equal(got, []string{"3.56 68409.30"}) {
		t.Errorf("got %q, want sar's 3.56 68409.30", got)
	}
}

func TestDisksAndInterfacesThatRestart(t *testing.T) {
	disk := func(line string) []Disk {
		return []Disk{{Disk: procfs.ParseDiskstats([]byte(line), nil)[0], Whole: true, Physical: true}}
	}
	before := &Snapshot{Uptime: 0, Disks: disk("8 16 sdb 51 0 4216 3107 0 0 0 0 0 41 3086")}
	after := &Snapshot{Uptime: 100, Disks: disk("8 16 sdb 21 0 1412 987 0 0 0 0 0 17 3000")}
	r := Request{Options: []string{"-d"}}
	if got, want := rows(t, r, before, after), []string{"sdb 21.00 706.00 0.00 0.00 33.62 3.00 47.00 1.70"}; !slices.Equal(got, want) {
		t.Errorf("another disk: got %q, want %q", got, want)
	}
	// The weighted time wraps at 32 bits, one operation's times as well.
	before.Disks = disk("8 16 sdb 10 0 100 4294967290 0 0 0 0 0 41 4294966296")
	after.Disks = disk("8 16 sdb 20 0 120 4 0 0 0 0 0 51 0")
	if got, want := rows(t, r, before, after), []string{"sdb 10.00 10.00 0.00 0.00 1.00 1.00 1.00 1.00"}; !slices.Equal(got, want) {
		t.Errorf("wrapped times: got %q, want %q", got, want)
	}
	dev := func(rx, pkts uint64) []NetDev {
		return []NetDev{{NetDev: procfs.NetDev{Name: "eth0", RxBytes: rx, RxPackets: pkts}, SpeedMbps: 10, FullDuplex: true}}
	}
	n := Request{Options: []string{"-n DEV"}}
	before.NetDevs, after.NetDevs = dev(1<<20, 1000), dev(2048, 4)
	if got, want := rows(t, n, before, after), []string{"eth0 4.00 0.00 2.00 0.00 0.00 0.00 0.00 0.16"}; !slices.Equal(got, want) {
		t.Errorf("registered again: got %q, want %q", got, want)
	}
	before.NetDevs, after.NetDevs = dev(^uint64(0)-1023, 4), dev(1024, 8)
	if got, want := rows(t, n, before, after), []string{"eth0 4.00 0.00 2.00 0.00 0.00 0.00 0.00 0.16"}; !slices.Equal(got, want) {
		t.Errorf("64-bit overflow: got %q, want %q", got, want)
	}
}

func memory(t *testing.T, text string) *Snapshot {
	t.Helper()
	s := &Snapshot{Meminfo: &procfs.Values{}}
	if err := procfs.ParseMeminfo([]byte(text), s.Meminfo); err != nil {
		t.Fatal(err)
	}
	return s
}

const meminfo = "MemTotal: 1000 kB\nMemFree: 200 kB\nMemAvailable: 500 kB\nBuffers: 50 kB\nCached: 100 kB\nSlab: 50 kB\n" +
	"SwapTotal: 400 kB\nSwapFree: 300 kB\nSwapCached: 10 kB\nCommitted_AS: 700 kB\nActive: 1 kB\nInactive: 2 kB\nDirty: 3 kB\nShmem: 4 kB\n"

func TestMemoryInEachLayout(t *testing.T) {
	s := memory(t, meminfo)
	for layout, want := range map[Layout]string{
		Layout12:  "200 500 600 60.00 50 100 700 50.00 1 2 3",
		Layout127: "200 500 500 50.00 50 100 700 50.00 1 2 3 4",
		Layout7:   "200 800 80.00 50 100 300 100 25.00 10",
	} {
		tables, _ := Request{Layout: layout, Options: []string{"-r"}}.Tables(s, s, nil)
		if got := strings.Join(tables[0].Rows[0], " "); got != want || len(tables[0].Columns) != len(tables[0].Rows[0]) {
			t.Errorf("layout %s: got %q, want %q; columns %v", layout, got, want, tables[0].Columns)
		}
	}
	if got := rows(t, Request{Options: []string{"-S"}}, s, s); got[0] != "300 100 25.00 10 10.00" {
		t.Errorf("-S: %q", got)
	}
}

func TestColumnsOf2010(t *testing.T) {
	s := memory(t, meminfo)
	s.Stat, s.Loadavg = &procfs.Stat{}, &procfs.Loadavg{Running: 1}
	s.Vmstat, s.Disks, s.NetDevs, s.Sockstat = &procfs.Values{}, []Disk{}, []NetDev{}, &procfs.Sockstat{}
	for option, want := range map[string]string{
		"-u": "CPU %user %nice %system %iowait %steal %idle", "-b": "tps rtps wtps bread/s bwrtn/s",
		"-B":     "pgpgin/s pgpgout/s fault/s majflt/s",
		"-r":     "kbmemfree kbmemused %memused kbbuffers kbcached kbswpfree kbswpused %swpused kbswpcad",
		"-q":     "runq-sz plist-sz ldavg-1 ldavg-5 ldavg-15",
		"-d":     "DEV tps rd_sec/s wr_sec/s avgrq-sz avgqu-sz await svctm %util",
		"-n DEV": "IFACE rxpck/s txpck/s rxbyt/s txbyt/s rxcmp/s txcmp/s rxmcst/s", "-n SOCK": "totsck tcpsck udpsck rawsck ip-frag",
	} {
		tables, _ := Request{Layout: Layout7, Options: []string{option}}.Tables(s, s, nil)
		if len(tables) != 1 || strings.Join(tables[0].Columns, " ") != want {
			t.Errorf("%s: %+v, want columns %s", option, tables, want)
		}
	}
}

func TestAveragesAreOverTheRun(t *testing.T) {
	var g Gauges
	for _, load := range []uint64{100, 300, 201} {
		g.Add(&Snapshot{Loadavg: &procfs.Loadavg{Load1: load, Running: 3, Total: 50}, Stat: &procfs.Stat{}})
	}
	last := &Snapshot{Loadavg: &procfs.Loadavg{}, Stat: &procfs.Stat{}}
	tables, _ := Request{Layout: Layout12, Options: []string{"-q"}}.Tables(&Snapshot{}, last, &g)
	if got := strings.Join(tables[0].Rows[0], " "); got != "2 50 2.00 0.00 0.00 0" {
		t.Errorf("got %q", got)
	}
}

func TestNothingThereIsMissingNotZero(t *testing.T) {
	tables, missing := Request{Layout: Layout12, Options: Options()}.Tables(&Snapshot{}, &Snapshot{}, nil)
	if len(tables) != 0 || len(missing) != len(Options()) {
		t.Errorf("%d tables, %d missing, want 0 and %d", len(tables), len(missing), len(Options()))
	}
}

func TestTextIsAlignedAsSarDoes(t *testing.T) {
	var b strings.Builder
	table := Table{Columns: []string{"CPU", "%user"}, Rows: [][]string{{"all", "2.15"}, {"0", "10.00"}}}
	if err := table.WriteText(&b, "13:20:09", "13:20:19", true); err != nil {
		t.Fatal(err)
	}
	want := "\n13:20:09        CPU     %user\n13:20:19        all      2.15\n13:20:19          0     10.00\n"
	if b.String() != want {
		t.Errorf("got\n%q\nwant\n%q", b.String(), want)
	}
}

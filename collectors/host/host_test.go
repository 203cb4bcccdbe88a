package host

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/collectors"
	"monitord/internal/procfs"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mapSink keeps samples as an exposition writes them.
type mapSink map[string]float64

func (s mapSink) Add(name string, v float64, labels ...string) {
	if len(labels) > 0 {
		var b strings.Builder
		for i := 0; i < len(labels); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%s=%s", labels[i], strconv.Quote(labels[i+1]))
		}
		name += "{" + b.String() + "}"
	}
	s[name] = v
}

type nullSink struct{ n int }

func (s *nullSink) Add(string, float64, ...string) { s.n++ }

func collect(t testing.TB, list []collectors.Collector) mapSink {
	t.Helper()
	sink := mapSink{}
	for _, c := range list {
		if err := c.Collect(t.Context(), sink); err != nil {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	return sink
}

func TestRecordedMachineGivesItsNumbers(t *testing.T) {
	o := Options{Proc: "testdata/linux-6.18/proc", Now: func() time.Time { return time.Unix(1700000000, 5e8) }}
	got := collect(t, New(o))
	for name, want := range map[string]float64{
		`node_cpu_seconds_total{cpu="1",mode="idle"}`:       2345.67,
		`node_cpu_guest_seconds_total{cpu="0",mode="user"}`: 0.07,
		"node_load1":                                       2.87,
		"node_processes_threads":                           105,
		"node_boot_time_seconds":                           1795342000,
		"node_memory_MemTotal_bytes":                       24685084 * 1024,
		"node_memory_Active_anon_bytes":                    100 * 1024,
		"node_memory_HugePages_Total":                      4,
		"node_vmstat_pgpgin":                               5772000,
		"node_vmstat_pgmajfault":                           1234,
		"monitord_uptime_seconds":                          2241.61,
		"node_time_seconds":                                1700000000.5,
		"node_processes_pids":                              2,
		"node_filefd_allocated":                            3400,
		"node_filefd_maximum":                              1<<63 - 1,
		"node_nf_conntrack_entries":                        1871,
		"node_nf_conntrack_entries_limit":                  262144,
		"node_sockstat_sockets_used":                       1129,
		"node_sockstat_TCP_inuse":                          10,
		"node_sockstat_TCP_tw":                             1,
		"node_sockstat_UDP_inuse":                          1095,
		"node_sockstat_UDP6_inuse":                         0,
		`node_disk_written_bytes_total{device="vda"}`:      27723848 * 512,
		`node_disk_io_time_seconds_total{device="vda"}`:    31.996,
		`node_disk_flush_requests_total{device="vda"}`:     6176,
		`node_network_receive_bytes_total{device="eth0"}`:  1164314636,
		`node_network_transmit_packets_total{device="lo"}`: 29,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s = %v (there: %v), want %v", name, v, ok, want)
		}
	}
	for _, absent := range []string{`node_disk_io_now{device="loop0"}`, `node_disk_io_now{device="vda1"}`, "node_vmstat_nr_free_pages"} {
		if _, ok := got[absent]; ok {
			t.Errorf("%s is collected, node_exporter leaves it out", absent)
		}
	}
}

// A machine without a firewall that tracks, and without IPv6, lacks files; that
// is no fault of the collector. Half a table is.
func TestWhatTheMachineDoesNotHaveIsNoFault(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Proc: dir}
	write("net/sockstat", "sockets: used 7\nTCP: inuse 3 orphan 0 tw 2 alloc 4 mem 1\nUDP: inuse 1 mem 0\n")
	got := collect(t, []collectors.Collector{newConntrack(o), newSockstat(o)})
	if len(got) != 4 || got["node_sockstat_TCP_inuse"] != 3 || got["node_sockstat_TCP_tw"] != 2 {
		t.Errorf("got %v", got)
	}
	write("sys/net/netfilter/nf_conntrack_count", "12\n")
	if err := newConntrack(o).Collect(t.Context(), mapSink{}); err == nil {
		t.Error("no error about the limit that is missing")
	}
	write("sys/net/netfilter/nf_conntrack_max", "many\n")
	if err := newConntrack(o).Collect(t.Context(), mapSink{}); err == nil {
		t.Error("no error about a limit that is no number")
	}
}

// The kernel's count of file handles follows what we open.
func TestFileHandlesAreCounted(t *testing.T) {
	c := []collectors.Collector{newFilefd(Options{Proc: "/proc"})}
	before := collect(t, c)["node_filefd_allocated"]
	const many = 2000 // the kernel counts in batches for each processor
	for range many {
		f, err := os.Open("/dev/null")
		if err != nil {
			t.Skipf("kernel: fewer than %d open files are allowed: %v", many, err)
		}
		t.Cleanup(func() { f.Close() })
	}
	if after := collect(t, c)["node_filefd_allocated"]; after < before+many/2 {
		t.Errorf("%v handles before, %v after %d more were opened", before, after, many)
	}
}

// TestSideBySideWithNodeExporter holds names, labels and values against the
// real program, which is asked between two collections of ours: a counter must
// lie between ours, a gauge of sizes that do not move must be equal.
func TestSideBySideWithNodeExporter(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts prometheus-node-exporter")
	}
	path, err := exec.LookPath("prometheus-node-exporter")
	if err != nil {
		t.Fatal("prometheus-node-exporter is missing: apt-get install --no-install-recommends prometheus-node-exporter")
	}
	url := startExporter(t, path)
	list := New(Options{})
	before := collect(t, list)
	theirs := scrape(t, url)
	after := collect(t, list)
	compared := 0
	for name, v := range theirs {
		if !ours(name) {
			continue
		}
		b, ok := before[name]
		if !ok {
			t.Errorf("%s is in node_exporter's answer, not in ours", name)
			continue
		}
		compared++
		a := after[name]
		if steady(name) && v != b {
			t.Errorf("%s = %v, node_exporter says %v", name, b, v)
		}
		if strings.Contains(name, "_total") && (v < b-1e-6 || v > a+1e-6) && !strings.Contains(name, "iowait") && !strings.Contains(name, `mode="idle"`) {
			t.Errorf("%s: node_exporter says %v, we %v before and %v after", name, v, b, a)
		}
	}
	if compared < 100 {
		t.Errorf("only %d series were compared", compared)
	}
	t.Logf("%d series compared", compared)
}

// ours tells which of node_exporter's series we promise. Its netdev leaves lo
// out and its filesystem a little more; what it has beyond our sources is no promise.
func ours(name string) bool {
	base, _, _ := strings.Cut(name, "{")
	switch base {
	case "node_boot_time_seconds", "node_time_seconds", "node_uname_info", "node_procs_running", "node_procs_blocked",
		"node_context_switches_total", "node_intr_total", "node_forks_total", "node_cpu_seconds_total",
		"node_cpu_guest_seconds_total", "node_load1", "node_load5", "node_load15",
		"node_filefd_allocated", "node_filefd_maximum", "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit",
		"node_sockstat_sockets_used", "node_sockstat_TCP_inuse", "node_sockstat_TCP_tw", "node_sockstat_UDP_inuse",
		"node_sockstat_TCP6_inuse", "node_sockstat_UDP6_inuse",
		"node_timex_sync_status", "node_timex_offset_seconds", "node_timex_maxerror_seconds", "node_timex_estimated_error_seconds":
		return true
	case "node_disk_info", "node_disk_filesystem_info", "node_disk_device_mapper_info":
		return false
	}
	for _, p := range []string{"node_memory_", "node_vmstat_", "node_disk_", "node_filesystem_", "node_network_receive_", "node_network_transmit_"} {
		if strings.HasPrefix(base, p) {
			// Names from netlink, and the memory disk that versions from 1.6 on leave out.
			return base != "node_network_transmit_queue_length" && base != "node_network_receive_nohandler_total" &&
				!strings.Contains(name, `device="zram`)
		}
	}
	return false
}

// steady tells which values cannot move between two readings.
func steady(name string) bool {
	base, _, _ := strings.Cut(name, "{")
	return slices.Contains([]string{"node_boot_time_seconds", "node_uname_info", "node_memory_MemTotal_bytes",
		"node_memory_SwapTotal_bytes", "node_memory_Hugepagesize_bytes", "node_filesystem_size_bytes",
		"node_filesystem_readonly", "node_filesystem_device_error", "node_filefd_maximum", "node_nf_conntrack_entries_limit", "node_timex_sync_status"}, base)
}

func startExporter(t *testing.T, path string) string {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(testproc.FreePort(t)))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "--web.listen-address="+addr)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	for range 400 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return "http://" + addr + "/metrics"
		}
		time.Sleep(50 * time.Millisecond) // a real program: it is polled until it listens
	}
	t.Fatalf("node_exporter does not listen on %s: %s", addr, log.String())
	return ""
}

func scrape(t *testing.T, url string) map[string]float64 {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line := lines.Text()
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		v, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out[line[:i]] = v
	}
	if err := lines.Err(); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return out
}

func TestHungMountNeitherBlocksTheOthersNorStacksGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int64
		c := newFilesystem(Options{Proc: "testdata/mounts/proc", MountTimeout: time.Second, Logger: discard()})
		c.statfs = func(path string, buf *unix.Statfs_t) error {
			if path == "/srv/nfs" {
				calls.Add(1)
				<-release
			}
			buf.Bsize, buf.Blocks = 4096, 10
			return nil
		}
		for round := range 5 {
			sink := mapSink{}
			if err := c.Collect(t.Context(), sink); err == nil {
				t.Errorf("round %d: no error about the mount that hangs", round)
			}
			if got := sink[`node_filesystem_device_error{device="nas:/export",fstype="nfs4",mountpoint="/srv/nfs"}`]; got != 1 {
				t.Errorf("round %d: device_error %v, want 1", round, got)
			}
			for _, m := range []string{`device="/dev/vda1",fstype="ext4",mountpoint="/"`, `device="/dev/vdb1",fstype="xfs",mountpoint="/srv/a b"`} {
				if got := sink["node_filesystem_size_bytes{"+m+"}"]; got != 40960 {
					t.Errorf("round %d: size of {%s} is %v, want 40960", round, m, got)
				}
			}
		}
		if got := calls.Load(); got != 1 {
			t.Errorf("the mount that hangs was asked %d times, want once", got)
		}
		close(release)
		synctest.Wait()
		if err := c.Collect(t.Context(), mapSink{}); err != nil {
			t.Errorf("after the mount answered again: %v", err)
		}
	})
}

func TestSkippedMountsAreNodeExporters(t *testing.T) {
	for _, c := range []struct {
		point, fstype string
		skip          bool
	}{
		{"/", "ext4", false},
		{"/", "overlay", false},
		{"/", "rootfs", true},
		{"/home", "xfs", false},
		{"/device", "ext4", false},
		{"/dev/shm", "tmpfs", true},
		{"/run", "tmpfs", false},
		{"/proc", "proc", true},
		{"/sys/fs/cgroup", "cgroup2", true},
		{"/var/lib/docker", "ext4", false},
		{"/var/lib/docker/overlay2/x/merged", "ext4", true},
		{"/run/credentials/systemd.service", "ramfs", true},
	} {
		if got := skipMount(&procfs.Mount{Point: c.point, FSType: c.fstype}); got != c.skip {
			t.Errorf("%s (%s): skipped %v, want %v", c.point, c.fstype, got, c.skip)
		}
	}
}

func TestSkippedDisksAreNodeExporters(t *testing.T) {
	f := func(name string, want bool) {
		if got := skipDisk(name); got != want {
			t.Errorf("%s: skipped %v, want %v", name, got, want)
		}
	}
	for _, n := range []string{"sda1", "vda12", "xvdb2", "hdc3", "nvme0n1p2", "loop0", "ram1", "zram0", "fd0"} {
		f(n, true)
	}
	for _, n := range []string{"sda", "vda", "nvme0n1", "dm-0", "md127", "sr0", "mmcblk0p1", "sdaa1"} {
		f(n, false)
	}
}

func TestTimexTellsUnsynchronizedClock(t *testing.T) {
	c := newTimex()
	c.adjtimex = func(x *unix.Timex) (int, error) {
		x.Status, x.Offset, x.Maxerror = statNano, -1500, 16000000
		return timeError, nil
	}
	got := collect(t, []collectors.Collector{c})
	if got["node_timex_offset_seconds"] != -1500e-9 || got["node_timex_sync_status"] != 0 || got["node_timex_maxerror_seconds"] != 16 {
		t.Errorf("got %v", got)
	}
}

func TestSecondCollectionAllocatesNextToNothing(t *testing.T) {
	list := New(Options{})
	sink := &nullSink{}
	run := func() {
		for _, c := range list {
			if err := c.Collect(t.Context(), sink); err != nil {
				t.Fatalf("%s: %v", c.Name(), err)
			}
		}
	}
	run()
	// The helper goroutine of the file systems and its two channels, the
	// timer, and a statfs path with its terminating zero per mount.
	if got := testing.AllocsPerRun(20, run); got > 60 {
		t.Errorf("%v allocations per collection, want at most 60", got)
	}
}

func BenchmarkCollection(b *testing.B) {
	list := New(Options{})
	sink := &nullSink{}
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range list {
			if err := c.Collect(b.Context(), sink); err != nil {
				b.Fatalf("%s: %v", c.Name(), err)
			}
		}
	}
	b.ReportMetric(float64(sink.n)/float64(b.N), "samples/op")
}

func BenchmarkEach(b *testing.B) {
	for _, c := range New(Options{}) {
		b.Run(c.Name(), func(b *testing.B) {
			b.ReportAllocs()
			sink := &nullSink{}
			for b.Loop() {
				if err := c.Collect(b.Context(), sink); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

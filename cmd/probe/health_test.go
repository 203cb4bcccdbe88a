package main

import (
	"log/slog"
	"log/syslog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSyslogGetsTheSeverityAndNeitherTimeNorLevel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	w, err := syslog.Dial("unixgram", path, syslog.LOG_DAEMON|syslog.LOG_INFO, "probe-health")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	log := slog.New(newSyslogHandler(w)).With("component", "health")
	buf := make([]byte, 1000)
	for _, tt := range []struct {
		do   func(string, ...any)
		want string // daemon is 3<<3; err 3, warning 4, info 6: RFC 5424, 6.2.1
	}{{log.Info, "<30>"}, {log.Warn, "<28>"}, {log.Error, "<27>"}} {
		tt.do("fault confirmed", "check", "sql")
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		got := string(buf[:n])
		if !strings.HasPrefix(got, tt.want) || !strings.Contains(got, `msg="fault confirmed" component=health check=sql`) || strings.Contains(got, "level=") || strings.Contains(got, "time=") {
			t.Errorf("got %q; want %s…", got, tt.want)
		}
	}
}

func TestTheGiveUpCommandInheritsOnlyWhatHeartbeatSays(t *testing.T) {
	got := giveUpEnviron([]string{"HA_CURHOST=nodea", "LD_PRELOAD=x", "PATH=/evil", "OCF_ROOT=/o"})
	if !slices.Contains(got, "HA_CURHOST=nodea") || slices.ContainsFunc(got, func(kv string) bool {
		return strings.HasPrefix(kv, "LD_") || strings.Contains(kv, "evil") || strings.HasPrefix(kv, "OCF_")
	}) {
		t.Errorf("got %v", got)
	}
	if got := resourceEnviron([]string{"OCF_ROOT=/o", "BASH_ENV=x"}); !slices.Contains(got, "OCF_ROOT=/o") || slices.Contains(got, "BASH_ENV=x") {
		t.Errorf("got %v", got)
	}
}

func TestTheAddressesOfThisMachineAreListed(t *testing.T) {
	list, err := addresses()
	if err != nil || !slices.ContainsFunc(list, netip.Addr.IsLoopback) {
		t.Errorf("got %v, %v", list, err)
	}
}

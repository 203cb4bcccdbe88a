package syslog

import (
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/internal/config"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheSeverityFollowsTheState(t *testing.T) {
	for state, want := range map[string]int{"CRITICAL": 3*8 + 2, "WARNING": 3*8 + 4, "UNKNOWN": 3*8 + 3} {
		if got := (&Destination{}).priority(notify.Fields{Kind: "problem", State: state}); got != want {
			t.Errorf("%s: %d, want %d", state, got, want)
		}
	}
	if got := (&Destination{Facility: "local7"}).priority(notify.Fields{Kind: "recovery", State: "OK"}); got != 23*8+5 {
		t.Errorf("recovery: %d", got)
	}
}

// A receiver that breaks off leaves doubt; one that keeps the connection does
// not.
func TestABrokenConnectionLeavesDoubt(t *testing.T) {
	reset := testnginx.Bad(t, func(_ context.Context, conn net.Conn) {
		io.ReadFull(conn, make([]byte, 1))
		conn.(*net.TCPConn).SetLinger(0)
	})
	keeps := testnginx.Bad(t, testnginx.Silent)
	talks := testnginx.Bad(t, testnginx.Endless("x"))
	gone := testproc.FreePort(t)
	for port, want := range map[int]string{reset: "in doubt", keeps: "taken", talks: "taken", gone: "temporary"} {
		start := time.Now()
		answer, err := send(t, Destination{Address: fmt.Sprintf("tcp://127.0.0.1:%d", port)}, notifytest.Problem("syslog", "x"))
		if got := notifytest.Outcome(err); got != want || time.Since(start) > 5*time.Second {
			t.Errorf("got %s, want %s (%q %v)", got, want, answer, err)
		}
	}
	if _, err := send(t, Destination{Address: fmt.Sprintf("tls://127.0.0.1:%d", keeps), Timeout: time.Second}, notifytest.Problem("syslog", "x")); notifytest.Outcome(err) != "temporary" {
		t.Errorf("a handshake that hangs: %v", err)
	}
	if _, err := send(t, Destination{Address: "unix:///nonexistent/log"}, notifytest.Problem("syslog", "x")); notifytest.Outcome(err) != "temporary" {
		t.Errorf("no socket: %v", err)
	}
}

func TestFaultsOfTheSectionAreNamed(t *testing.T) {
	good := "udp://127.0.0.1:514"
	for want, d := range map[string]Destination{
		"address: got \"\"":                  {},
		"address: got \"siem:514\"":          {Address: "siem:514"},
		"address: got \"udp://siem\"":        {Address: "udp://siem"},
		"address: got \"tcp://siem:0\"":      {Address: "tcp://siem:0"},
		"address: got \"unix://dev/log\"":    {Address: "unix://dev/log"},
		"address: got udp://127.0.0.1:514 w": {Address: good, CAFile: "/x"},
		"facility: got \"local9\"":           {Address: good, Facility: "local9"},
		"hostname: got \"a b\"":              {Address: good, Hostname: "a b"},
		"app_name: got \"監視\"":               {Address: good, AppName: "監視"},
		"sd_id: got \"monitord\"":            {Address: good, DataID: "monitord"},
		"sd_id: got \"a]b@1\"":               {Address: good, DataID: "a]b@1"},
		"cert_file: and key_file belong":     {Address: "tls://a:1", CertFile: "/x"},
		"timeout: got 1ns":                   {Address: good, Timeout: 1},
	} {
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, address := range []string{good, "tcp://[::1]:601", "tls://siem.example.net:6514", "unix:///dev/log"} {
		if err := (&Destination{Address: address}).Validate(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if c, err := Kind().New(&Config{}, notifytest.Deps()); c != nil || err != nil {
		t.Errorf("%v %v", c, err)
	}
	if err := Kind().Serves(&Config{"siem": {}}, "other"); err == nil {
		t.Error("an unknown log passed the check")
	}
	if _, err := send(t, Destination{Address: good}, notifytest.Problem("syslog", "other")); notifytest.Outcome(err) != "temporary" {
		t.Errorf("%v", err)
	}
}

func TestTheSampleIsValid(t *testing.T) {
	var c struct {
		Syslog Config `yaml:"syslog"`
	}
	for _, sample := range []string{Sample, notifytest.Uncommented(Sample)} {
		if err := config.DecodeBytes("sample.yaml", []byte(sample), &c); err != nil {
			t.Errorf("%v\n%s", err, sample)
		}
	}
	if d := c.Syslog["siem"]; d.Timeout != DefaultTimeout || d.DataID != DefaultDataID {
		t.Errorf("%+v", c)
	}
}

// rfc5424 is the grammar of section 6, as far as we use it.
var rfc5424 = regexp.MustCompile(`^<([0-9]{1,3})>1 \S+ [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32} \[monitord@32473(?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")*\] (\x{feff}.*|[\x00-\x7f]*)$`)

func FuzzAMessageHasOneForm(f *testing.F) {
	f.Add(`a"] [evil@1 x="y"] <0>1 - `, "monitor")
	f.Add("\r\n<0>1 -\x00\xff\u2028", "")
	f.Add(strings.Repeat("日本語\\", 500), "host\nname")
	f.Fuzz(func(t *testing.T, s, hostname string) {
		fields := notify.FieldsOf(notifytest.Deps(), notifytest.Hostile(notifytest.Problem("syslog", "x"), s))
		var d Destination
		for _, limit := range []int{maxDatagram, maxStream} {
			m := d.compose(fields, notifytest.Opened, hostname, limit)
			if len(m) > limit || !utf8.Valid(m) || !rfc5424.Match(m) {
				t.Errorf("%d bytes: %q", len(m), m)
			}
		}
		local := string(d.composeLocal(fields, notifytest.Opened, maxStream))
		if len(local) > maxStream || strings.ContainsAny(local, "\r\n\x00") || !strings.HasPrefix(local, "<"+strconv.Itoa(26)+">") {
			t.Errorf("%q", local)
		}
	})
}

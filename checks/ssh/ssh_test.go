package ssh

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
	"monitord/internal/checkcli"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/sshdtest"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func with(port int, change ...func(*Config)) *Config {
	c := DefaultConfig()
	c.Port = port
	for _, f := range change {
		f(&c)
	}
	return &c
}

const otherKey = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDbK3f0GfLAgfYL2Lw"

func keys(all ...string) func(*Config) { return func(c *Config) { c.HostKeys = all } }

func TestOpenSSHShowsVersionAndKey(t *testing.T) {
	s := sshdtest.Start(t)
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"version", with(s.Port), checks.OK, "", "banner"},
		{"expected version", with(s.Port, func(c *Config) { c.Expect = "OpenSSH_" }), checks.OK, "", "banner"},
		{"other version", with(s.Port, func(c *Config) { c.Expect = "dropbear" }), checks.Critical, checks.ReasonContent, "banner"},
		{"host key", with(s.Port, keys(otherKey, s.Fingerprint)), checks.OK, "", "key"},
		{"other host key", with(s.Port, keys(otherKey)), checks.Critical, checks.ReasonAuth, "key"},
		{"too slow", with(s.Port, func(c *Config) { c.Warning = &checks.Threshold{Range: checks.Range{End: 1e-9}} }), checks.Warning, checks.ReasonThreshold, "banner"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, address := range []string{"127.0.0.1", "::1"} {
				checktest.Want(t, checktest.Run(t, Type(), tt.config, address, checktest.TimeoutFor(tt.reason)), tt.state, tt.reason, tt.phase)
			}
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"ssh", "-p", strconv.Itoa(s.Port), "--host-keys", s.Fingerprint, "-w", "5"}, []checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "SSH OK - 127.0.0.1:") || !strings.Contains(out.String(), "SSH-2.0-OpenSSH") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_ssh", func(t *testing.T) { asCheckSSH(t, s.Port) })
	s.Stop()
	checktest.Want(t, checktest.Run(t, Type(), with(s.Port), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

// asCheckSSH compares verdicts with monitoring-plugins' check_ssh.
func asCheckSSH(t *testing.T, healthy int) {
	for name, port := range map[string]int{
		"healthy": healthy, "stopped": testproc.FreePort(t), "silent": testnginx.Bad(t, testnginx.Silent),
		"another protocol": testnginx.Bad(t, func(_ context.Context, c net.Conn) { io.WriteString(c, "220 mx\r\n") }),
	} {
		code, out := checktest.Plugin(t, "check_ssh", "-p", strconv.Itoa(port), "-t", "1", "127.0.0.1")
		if r := checktest.Run(t, Type(), with(port), "127.0.0.1", checktest.Short); code != r.State.ExitCode() {
			t.Errorf("%s: check_ssh %d (%s), ours %s", name, code, out, r.State)
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, []checktest.Bad{
		{Name: "stopped", Reason: checks.ReasonConnect, Phase: "connect"},
		{Name: "silent", Serve: testnginx.Silent, Reason: checks.ReasonTimeout, Phase: "banner"},
		{Name: "closes", Serve: testnginx.Closing, Reason: checks.ReasonProtocol, Phase: "banner"},
		{Name: "another protocol", Serve: testnginx.Says("220 mx\r\n"), Reason: checks.ReasonProtocol, Phase: "banner", Said: "220 mx"},
		{Name: "an old SSH", Serve: testnginx.Says("SSH-1.5-old\r\n"), Reason: checks.ReasonProtocol, Phase: "banner"},
		{Name: "a byte at a time", Serve: testnginx.Trickle("SSH-2.0-", 100*time.Millisecond), Reason: checks.ReasonTimeout, Phase: "banner"},
		{Name: "a line without end", Serve: testnginx.Endless("SSH-2.0-"), Reason: checks.ReasonProtocol, Phase: "banner"},
		{Name: "lines without end", Serve: checktest.Forever("", "welcome\r\n"), Reason: checks.ReasonProtocol, Phase: "banner", Said: "welcome"},
	})
	t.Run("with a key", func(t *testing.T) {
		const version = "SSH-2.0-bad\r\n"
		checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port, keys(otherKey)) }, []checktest.Bad{
			{Name: "silent", Serve: testnginx.Says(version), Reason: checks.ReasonTimeout, Phase: "key", Said: version},
			{Name: "a byte at a time", Serve: testnginx.Trickle(version+"\x00\x00\x01\x00", 100*time.Millisecond), Reason: checks.ReasonTimeout, Phase: "key"},
			{Name: "endless", Serve: testnginx.Endless(version), Reason: checks.ReasonProtocol, Phase: "key"},
			{Name: "closes", Serve: func(_ context.Context, c net.Conn) { io.WriteString(c, version) }, Reason: checks.ReasonProtocol, Phase: "key"},
		})
	})
}

func TestWordsBeforeTheVersionAreAllowed(t *testing.T) {
	port := testnginx.Bad(t, testnginx.Says("welcome to\r\nthe machine\r\nSSH-2.0-x\r\n"))
	checktest.Want(t, checktest.Run(t, Type(), with(port), "127.0.0.1", checktest.Timeout), checks.OK, "", "banner")
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := with(0, func(c *Config) { c.Family = "ip5" }, keys(otherKey, "SHA256:short", "MD5:aa")).Validate()
	for _, want := range []string{"port:", "family:", "host_keys[1]:", "host_keys[2]:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "host_keys[0]") {
		t.Error(err)
	}
}

// said is a peer that says its words whatever it hears.
type said struct {
	net.Conn
	words io.Reader
}

func (s said) Read(b []byte) (int, error) { return s.words.Read(b) }

func FuzzVersion(f *testing.F) {
	f.Add([]byte("SSH-2.0-x\r\n"))
	f.Add([]byte("a\r\nSSH-1.99-x\n"))
	f.Add([]byte("SSH-1.5\r\n"))
	f.Fuzz(func(t *testing.T, words []byte) {
		var phases netdial.Phases
		s := dialogue.NewSession(&phases, said{words: bytes.NewReader(words)}, "peer:22", nil)
		version, err := new(Check).version(s)
		if err == nil && !strings.HasPrefix(version, "SSH-") {
			t.Errorf("version %q of %q", version, words)
		}
		if err != nil && dialogue.Failure(&phases, s, err).State != checks.Critical {
			t.Errorf("%v", err)
		}
	})
}

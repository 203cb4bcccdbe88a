//go:build accept

package netsnmp

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"monitord/internal/accept"
	"monitord/internal/testserver/testproc"
)

// everything is the root that takes in every recorded object.
const everything = ".1"

// TestAcceptSnmpWalk walks each recorded agent, served by the replayer, and
// compares with what net-snmp's snmpbulkwalk prints, line by line, without any
// MIB file.
func TestAcceptSnmpWalk(t *testing.T) {
	dir, err := accept.Data("snmp")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	recordings, err := filepath.Glob(filepath.Join(dir, "snmprec", "*.snmprec"))
	if err != nil || len(recordings) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	replay := buildReplayer(t, filepath.Join(dir, "..", "..", "tools", "snmpreplay"))
	c := &accept.Count{Set: "snmp-walk", W: os.Stdout}
	for _, file := range recordings {
		walkRecording(t, c, replay, file)
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed < 1000 {
		t.Error(c.Line())
	}
}

// buildReplayer builds the shared replayer, which has a module of its own, into
// a folder of the test's.
func buildReplayer(t *testing.T, source string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "snmpreplay")
	testproc.Run(t, testproc.Command{Path: "go", Args: []string{"build", "-buildvcs=false", "-o", bin, "."}, Dir: source, Env: []string{"GOFLAGS=-mod=mod", "CGO_ENABLED=0"}, Apt: "golang"})
	return bin
}

func walkRecording(t *testing.T, c *accept.Count, replay, file string) {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(file), ".snmprec")
	peer := net.JoinHostPort("127.0.0.1", strconv.Itoa(testproc.FreePort(t)))
	p := testproc.Start(t, testproc.Command{Path: replay, Args: []string{"-file", file, "-listen", peer}})
	defer p.Stop()
	p.WaitFor(func() error {
		if !strings.Contains(p.Output(), peer) {
			return errors.New("it does not listen yet")
		}
		return nil
	})
	theirs := testproc.Run(t, testproc.Command{Path: "snmpbulkwalk", Args: []string{"-m", "", "-v2c", "-c", "public", "-On", peer, everything}, Apt: "snmp"})
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"walk", "-v2c", "-c", "public", "-On", peer, everything}, &out, &errs); code != 0 {
		c.Fail("%s: exit code %d: %s", name, code, &errs)
		return
	}
	ours, want := strings.Split(out.String(), "\n"), strings.Split(theirs, "\n")
	for i := range max(len(ours), len(want)) {
		switch {
		case i >= len(ours):
			c.Fail("%s: line %d is missing: %s", name, i+1, want[i])
		case i >= len(want):
			c.Fail("%s: line %d is too much: %s", name, i+1, ours[i])
		case ours[i] != want[i]:
			c.Fail("%s: line %d: %q, want %q", name, i+1, ours[i], want[i])
		default:
			c.Pass()
		}
	}
}

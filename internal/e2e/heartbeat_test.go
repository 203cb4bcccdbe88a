//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/heartbeattest"
	"monitord/internal/testserver/testproc"
)

// virtual is the address that heartbeat moves.
const virtual = "10.99.0.10"

// within is what a failover may take, from the fault to the other node's
// service.
const within = 15 * time.Second

// heartbeat: a real cluster gives a sick node up; a dead one is fenced, and one
// that only the other node does not see is not.
func heartbeat(t *testing.T) {
	needRoot(t, "network namespaces")
	t.Run("a node is given up", nodeGivenUp)
	t.Run("only the link is cut", linkCut)
}

// nodeGivenUp: a real cluster of two nodes owns an address and a PostgreSQL. Its
// answer goes wrong on the active node: `probe health`, which heartbeat
// respawns, gives the node up with hb_standby, once, and the other node owns
// both soon. There the server dies: this time the node leaves by heartbeat -k.
// The journal tells why, each time.
func nodeGivenUp(t *testing.T) {
	w := newWorld(t)
	w.probes = heartbeattest.HostAddr + ":8461"
	cluster := heartbeattest.New(t, heartbeattest.Options{
		Resources: "IPaddr::" + virtual + "/24/hb0 sql",
		Scripts:   map[string]string{"sql": "#!/bin/sh\nexec " + bin(t, "probe") + " resource --config /etc/ha.d/resources.yaml sql \"$1\"\n"},
		Respawn:   func(n *heartbeattest.Node) string { return filepath.Join(n.Dir, "client") },
	})
	w.configure("hosts: {nodea: {}, nodeb: {}}\n")
	w.serve()
	a := w.sqlNode(cluster.A, "[/usr/share/heartbeat/hb_standby, all]")
	b := w.sqlNode(cluster.B, "[/usr/libexec/heartbeat/heartbeat, -k]")
	cluster.Start()
	a.owns(60 * time.Second)
	w.awaitState(30*time.Second, "nodea/probe", "OK")
	w.awaitState(30*time.Second, "nodeb/probe", "OK")
	awaitSettled(t, cluster)
	a.staysWell(10 * time.Second)

	say(t, "the answer goes wrong on nodea")
	a.sql("UPDATE accounts SET balance = 7")
	took := b.takesOver(a)
	say(t, "nodeb owns address and database %s after the answer went wrong", took)
	w.awaitTold("nodea", "sql failed 3 times in a row", "7", "the node is given up: /usr/share/heartbeat/hb_standby all")
	w.awaitTold("nodea", "the node was given up within")
	a.awaitHealthEnded()

	b.staysWell(5 * time.Second)
	say(t, "the server of nodeb dies")
	b.Run("runuser", "-u", "postgres", "--", b.postgres+"/pg_ctl", "-D", b.data, "-m", "immediate", "stop")
	took = a.takesOver(b)
	say(t, "nodea owns address and database %s after the server died", took)
	w.awaitTold("nodeb", "sql failed 3 times in a row", "the node is given up: /usr/libexec/heartbeat/heartbeat -k")
	w.awaitTold("nodeb", "was under way when probe health was told to end")
	if n := a.starts(); n != 1 {
		t.Errorf("probe health was started %d times on nodea: exit code 100 tells heartbeat not to", n)
	}
}

// sqlNode is a node of the cluster with a PostgreSQL of its own and a probe.
type sqlNode struct {
	*heartbeattest.Node
	t        *testing.T
	postgres string // folder of PostgreSQL's programs
	data     string
	probeDir string
}

// initScript starts and stops a node's PostgreSQL; pg_ctl's codes are LSB's.
const initScript = `#!/bin/sh
ctl() { cd / && runuser -u postgres -- %[1]s/pg_ctl -D %[2]s -s "$@"; }
case "$1" in
start) ctl -w -t 20 -l %[2]s/log -o "-k %[2]s -c listen_addresses=* -c fsync=off" start ;;
stop) ctl -w -t 20 -m fast stop ;;
status) ctl status >/dev/null ;;
esac
`

// sqlNode prepares a node: database, probe, and what probe health is to do.
func (w *world) sqlNode(n *heartbeattest.Node, giveUp string) *sqlNode {
	w.t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		w.t.Fatal("PostgreSQL is missing: apt-get install -y --no-install-recommends postgresql")
	}
	s := &sqlNode{Node: n, t: w.t, postgres: slices.Max(found), data: filepath.Join(testproc.Dir(w.t, "postgres"), "data")}
	testproc.Run(w.t, testproc.Command{
		Path: s.postgres + "/initdb", Args: []string{"-D", s.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"}, User: "postgres", Dir: "/",
	})
	s.write("sql.init", 0o755, fmt.Sprintf(initScript, s.postgres, s.data))
	s.write("ha.d/resources.yaml", 0o600, "resources: {sql: {script: "+filepath.Join(n.Dir, "sql.init")+"}}\n")
	s.Run("/bin/sh", filepath.Join(n.Dir, "sql.init"), "start")
	s.sql("CREATE TABLE accounts (balance int); INSERT INTO accounts VALUES (100)")
	s.Run("/bin/sh", filepath.Join(n.Dir, "sql.init"), "stop")

	s.probeDir = w.enrol(n.Name)
	start(w.t, w.dir, "probe-"+n.Name, n.Enter(bin(w.t, "probe"), "run", "--config", filepath.Join(s.probeDir, "probe.yaml"))...)
	s.write("health.yaml", 0o600, fmt.Sprintf(`
only_while_address: %s
settle: 2s
give_up: {command: %s, timeout: 20s}
probe_dir: %s
checks:
  sql: {type: postgres, username: postgres, query: SELECT balance FROM accounts, expect: "100", interval: 2s, retry_interval: 1s, timeout: 900ms}
  link: {type: link, interface: hb0, interval: 2s}
  disk: {type: disk, dir: %s, interval: 2s}
`, virtual, giveUp, s.probeDir, n.Dir))
	s.write("client", 0o755, fmt.Sprintf("#!/bin/sh\necho start >>%[1]s/starts\nexec %[2]s health --config %[1]s/health.yaml 2>>%[1]s/health.log\n", n.Dir, bin(w.t, "probe")))
	w.t.Cleanup(func() {
		if w.t.Failed() {
			health, _ := os.ReadFile(filepath.Join(n.Dir, "health.log"))
			w.t.Logf("%s: probe health said:\n%s\nheartbeat said:\n%s", n.Name, health, n.Log())
		}
	})
	return s
}

func (s *sqlNode) write(name string, mode os.FileMode, content string) {
	s.t.Helper()
	path := testproc.File(s.t, s.Dir, name, content)
	testproc.Must(s.t, os.Chmod(path, mode))
}

// ask asks the node's own server.
func (s *sqlNode) ask(statement string) (string, error) {
	out, err := s.Try(s.postgres+"/psql", "-h", "127.0.0.1", "-U", "postgres", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement)
	return strings.TrimSpace(out), err
}

func (s *sqlNode) sql(statement string) {
	s.t.Helper()
	if out, err := s.ask(statement); err != nil {
		s.t.Fatalf("%s: %s: %v %s", s.Name, statement, err, out)
	}
}

// missing says what the node lacks to own the service.
func (s *sqlNode) missing() string {
	if !s.Has(virtual) {
		return s.Name + " has not the address"
	}
	if out, err := s.ask("SELECT 1"); err != nil {
		return fmt.Sprintf("%s has no database: %s", s.Name, out)
	}
	return ""
}

func (s *sqlNode) owns(within time.Duration) {
	s.t.Helper()
	eventually(s.t, within, s.Name+" owns the service", s.missing)
	say(s.t, "%s owns the service", s.Name)
}

// staysWell watches a node that has nothing to give up for.
func (s *sqlNode) staysWell(long time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if missing := s.missing(); missing != "" {
			s.t.Fatalf("without a fault: %s", missing)
		}
	}
	say(s.t, "%s is well for %s", s.Name, long)
}

// takesOver waits until the node owns what the other one gave up.
func (s *sqlNode) takesOver(other *sqlNode) time.Duration {
	s.t.Helper()
	began := time.Now()
	eventually(s.t, within, s.Name+" takes over", s.missing)
	took := time.Since(began)
	if other.Has(virtual) {
		s.t.Errorf("%s has the address too", other.Name)
	}
	return took.Round(10 * time.Millisecond)
}

// awaitSettled waits until both nodes know each other and nothing moves.
func awaitSettled(t *testing.T, c *heartbeattest.Cluster) {
	t.Helper()
	eventually(t, 60*time.Second, "both nodes are active", func() string {
		if a, b := c.A.Sees(c.B), c.B.Sees(c.A); a != "active" || b != "active" {
			return fmt.Sprintf("nodea sees %q, nodeb sees %q", a, b)
		}
		for _, n := range []*heartbeattest.Node{c.A, c.B} {
			if out, err := n.Try("cl_status", "rscstatus"); err != nil || strings.TrimSpace(out) == "transition" {
				return fmt.Sprintf("%s: resources are %q %v", n.Name, out, err)
			}
		}
		return ""
	})
}

// starts counts how often heartbeat started probe health.
func (s *sqlNode) starts() int {
	b, _ := os.ReadFile(filepath.Join(s.Dir, "starts")) // not yet
	return strings.Count(string(b), "start")
}

// awaitHealthEnded waits until heartbeat has seen that probe health ended.
func (s *sqlNode) awaitHealthEnded() {
	s.t.Helper()
	eventually(s.t, 10*time.Second, "heartbeat sees exit code 100", func() string {
		if !strings.Contains(s.Log(), "exited with return code 100") {
			return s.Log()
		}
		return ""
	})
}

// awaitTold waits for an entry of the journal that says all of this.
func (w *world) awaitTold(host string, says ...string) {
	w.t.Helper()
	eventually(w.t, 15*time.Second, "the journal tells of "+host, func() string {
		var all []string
		for _, e := range w.events() {
			if e.Host != host {
				continue
			}
			all = append(all, e.Text)
			if !slices.ContainsFunc(says, func(part string) bool { return !strings.Contains(e.Text, part) }) {
				say(w.t, "journal: %s: %s", host, e.Text)
				return ""
			}
		}
		return strings.Join(all, "\n")
	})
}

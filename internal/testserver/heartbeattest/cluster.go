package heartbeattest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

const (
	apt = "heartbeat iproute2"
	// HostAddr is this machine's address, reached by both nodes.
	HostAddr = "198.18.80.1"
	program  = "/usr/libexec/heartbeat/heartbeat"
	clStatus = "/usr/bin/cl_status"
)

// Options say what the cluster is for.
type Options struct {
	// Resources is the group that one node owns, as in haresources after the
	// node's name.
	Resources string
	// Scripts are those of resource.d, by name.
	Scripts map[string]string
	// Respawn is what heartbeat keeps running on a node, as in ha.cf after
	// `respawn root`.
	Respawn func(n *Node) string
}

// Cluster is two nodes.
type Cluster struct {
	A, B *Node
	tb   testing.TB
}

// New makes both nodes and the links; heartbeat is not started. nodea owns the
// resources when both start. The test's end destroys everything.
func New(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	if _, err := os.Stat(program); err != nil {
		tb.Fatalf("%v: apt-get install -y --no-install-recommends %s", err, apt)
	}
	c := &Cluster{tb: tb}
	c.A = newNode(tb, "nodea", "10.99.0.1", "198.18.80.2", "198.18.80.1")
	c.B = newNode(tb, "nodeb", "10.99.0.2", "198.18.80.6", "198.18.80.5")
	a, b := fmt.Sprint(c.A.pid()), fmt.Sprint(c.B.pid())
	ip(tb, "link", "add", "hb0", "netns", a, "type", "veth", "peer", "name", "hb0", "netns", b)
	for i, n := range []*Node{c.A, c.B} {
		outside := fmt.Sprintf("hbt%d%c", os.Getpid()%100000, 'a'+i)
		ip(tb, "link", "add", outside, "type", "veth", "peer", "name", "up0", "netns", fmt.Sprint(n.pid()))
		tb.Cleanup(func() {
			// Gone already with a node that was killed; otherwise at once, so that
			// the next cluster has the address for itself.
			_ = exec.Command("ip", "link", "del", outside).Run()
		})
		ip(tb, "addr", "add", n.gateway+"/30", "dev", outside)
		ip(tb, "link", "set", outside, "up")
		n.network()
	}
	for _, n := range []*Node{c.A, c.B} {
		peer := c.A
		if n == c.A {
			peer = c.B
		}
		n.configure(peer, o)
	}
	return c
}

// Start starts heartbeat on both nodes.
func (c *Cluster) Start() {
	c.tb.Helper()
	c.A.Start()
	c.B.Start()
}

// Cut unplugs the link between the nodes; their links to this machine stay.
func (c *Cluster) Cut() { c.A.Run("ip", "link", "set", "hb0", "down") }

// Join plugs it again.
func (c *Cluster) Join() { c.A.Run("ip", "link", "set", "hb0", "up") }

func ip(tb testing.TB, args ...string) {
	tb.Helper()
	testproc.Run(tb, testproc.Command{Path: "ip", Args: args, Apt: apt})
}

// configure writes the node's /etc/ha.d.
func (n *Node) configure(peer *Node, o Options) {
	n.tb.Helper()
	dir := filepath.Join(n.Dir, "ha.d")
	cf := fmt.Sprintf(`logfile %[1]s/ha-log
debugfile %[1]s/ha-debug
keepalive 500ms
warntime 2
deadtime 4
initdead 6
udpport 6694
ucast hb0 %[2]s
auto_failback off
node nodea nodeb
crm off
`, n.Dir, peer.Addr)
	if o.Respawn != nil {
		cf += "respawn root " + o.Respawn(n) + "\n"
	}
	testproc.File(n.tb, dir, "ha.cf", cf)
	testproc.File(n.tb, dir, "haresources", "nodea "+o.Resources+"\n")
	keys := testproc.File(n.tb, dir, "authkeys", "auth 1\n1 sha1 only-for-this-test\n")
	testproc.Must(n.tb, os.Chmod(keys, 0o600))
	for name, script := range o.Scripts {
		path := testproc.File(n.tb, filepath.Join(dir, "resource.d"), name, script)
		testproc.Must(n.tb, os.Chmod(path, 0o755))
	}
}

// Start starts heartbeat, which goes to the background.
func (n *Node) Start() {
	n.tb.Helper()
	n.Run(program)
}

// Stop is an orderly stop of heartbeat: it gives its resources up.
func (n *Node) Stop() { n.Run(program, "-k") }

// Sees is what this node's heartbeat says of another: active, dead, …; or why it
// says nothing.
func (n *Node) Sees(other *Node) string {
	out, err := n.Try(clStatus, "nodestatus", other.Name)
	if err != nil {
		return strings.TrimSpace(out) + " " + err.Error()
	}
	return strings.TrimSpace(out)
}

// Log is what heartbeat wrote.
func (n *Node) Log() string {
	b, _ := os.ReadFile(filepath.Join(n.Dir, "ha-log")) // nothing yet
	return string(b)
}

// Has says whether an address is on the node.
func (n *Node) Has(addr string) bool {
	out, err := n.Try("ip", "-o", "addr", "show", "to", addr)
	return err == nil && strings.Contains(out, addr)
}

// stopWait bounds the orderly end of a node's own init.
const stopWait = 5 * time.Second

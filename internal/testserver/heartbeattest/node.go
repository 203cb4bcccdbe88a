package heartbeattest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// Node is one machine of the cluster.
type Node struct {
	Name string
	Addr string // on heartbeat's link
	Up   string // on the link to this machine
	Dir  string // its files: ha-log, and what a test puts there; the same path inside

	tb      testing.TB
	gateway string // this machine, at the other end of up0
	holder  *exec.Cmd
	down    bool
}

// life is what the first process of a node does: it makes the node's own
// folders, says so, and then reaps the orphans, which an init must.
const life = `set -e
hostname "$1"
mkdir -p "$2/ha.d" "$2/lib"
cp -a /etc/ha.d/. "$2/ha.d/"
cp -a /var/lib/heartbeat/. "$2/lib/"
rm -f "$2/lib/hb_uuid" "$2/lib/hb_generation" "$2/lib/hostcache"
mount --bind "$2/ha.d" /etc/ha.d
mount --bind "$2/lib" /var/lib/heartbeat
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/resource-agents /run/heartbeat/ccm /run/heartbeat/crm /run/heartbeat/dopd
chown -R hacluster:haclient /run/heartbeat
touch "$2/made"
set +e
while :; do sleep 1 & wait $!; done
`

func newNode(tb testing.TB, name, addr, up, gateway string) *Node {
	tb.Helper()
	n := &Node{Name: name, Addr: addr, Up: up, gateway: gateway, Dir: testproc.Dir(tb, ""), tb: tb}
	n.holder = exec.Command("unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
		"--propagation", "private", "sh", "-c", life, "sh", name, n.Dir)
	n.holder.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	said := &strings.Builder{}
	n.holder.Stderr = said
	n.holder.WaitDelay = time.Second
	testproc.Must(tb, n.holder.Start())
	tb.Cleanup(n.Kill)
	for deadline := time.Now().Add(stopWait); ; time.Sleep(10 * time.Millisecond) { // another process: nothing else tells
		if _, err := os.Stat(filepath.Join(n.Dir, "made")); err == nil {
			return n
		}
		if time.Now().After(deadline) {
			n.Kill()
			tb.Fatalf("%s cannot be made: %s", name, said)
		}
	}
}

// pid is the process that holds the node's namespaces.
func (n *Node) pid() int { return n.holder.Process.Pid }

// network sets the node's links up.
func (n *Node) network() {
	n.tb.Helper()
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"addr", "add", n.Addr + "/24", "dev", "hb0"}, {"link", "set", "hb0", "up"},
		{"addr", "add", n.Up + "/30", "dev", "up0"}, {"link", "set", "up0", "up"},
		{"route", "add", "default", "via", n.gateway},
	} {
		n.Run(append([]string{"ip"}, args...)...)
	}
}

// Enter is the command line that runs argv on the node.
func (n *Node) Enter(argv ...string) []string {
	ns := fmt.Sprintf("/proc/%d/ns/", n.pid())
	return append([]string{
		"nsenter", "--net=" + ns + "net", "--uts=" + ns + "uts", "--mount=" + ns + "mnt", "--pid=" + ns + "pid_for_children", "--",
	}, argv...)
}

// Try runs argv on the node to its end and returns what it printed.
func (n *Node) Try(argv ...string) (string, error) {
	enter := n.Enter(argv...)
	cmd := exec.Command(enter[0], enter[1:]...)
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second // a daemon may keep the output
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Run is Try that must succeed.
func (n *Node) Run(argv ...string) string {
	n.tb.Helper()
	out, err := n.Try(argv...)
	if err != nil && !strings.Contains(err.Error(), exec.ErrWaitDelay.Error()) {
		n.tb.Fatalf("on %s: %s: %v\n%s", n.Name, strings.Join(argv, " "), err, out)
	}
	return out
}

// Kill is the death of the machine: every process on it is killed, its links are
// gone.
func (n *Node) Kill() {
	if n.down {
		return
	}
	n.down = true
	_ = n.holder.Process.Kill() // its child, the node's init, is killed with it, and with that one all others
	_ = n.holder.Wait()
}

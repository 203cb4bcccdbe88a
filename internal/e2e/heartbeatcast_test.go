//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"monitord/internal/testserver/heartbeattest"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/testproc"
)

// split is the cast: two nodes, a fence device, a relay.
type split struct {
	*world
	cluster *heartbeattest.Cluster
	relay   *postfixtest.Server
	device  string // folder of the fence device
}

const (
	peerView   = "nodea/heartbeat" // nodea as heartbeat on nodeb sees it
	serverView = "nodea/ping"      // nodea as the server sees it
	fencing    = "nodea/action[fence]"
)

// checkPeer is a Nagios plugin: what heartbeat here says of a node.
const checkPeer = `#!/bin/sh
said=$(/usr/bin/cl_status nodestatus "$1" 2>&1)
echo "heartbeat says of $1: $said"
case $said in
active) exit 0 ;;
dead) exit 2 ;;
esac
exit 3
`

// fenceAgent is a fence device whose machines are files that hold on or off, and
// which writes down what it was told to switch.
const fenceAgent = `#!/bin/sh
while IFS='=' read -r key value; do
	case $key in
	action) action=$value ;;
	plug) plug=$value ;;
	state_dir) dir=$value ;;
	esac
done
case $action in
monitor) exit 0 ;;
status)
	read -r power <"$dir/$plug" || exit 1
	echo "Status: $power"
	[ "$power" = on ] || exit 2
	;;
off)
	echo "$action $plug" >>"$dir/log"
	echo off >"$dir/$plug"
	;;
*) exit 1 ;;
esac
`

func newSplit(t *testing.T) *split {
	s := &split{world: newWorld(t), relay: postfixtest.Start(t), device: testproc.Dir(t, "")}
	s.probes = heartbeattest.HostAddr + ":8461"
	s.cluster = heartbeattest.New(t, heartbeattest.Options{Resources: "IPaddr::" + virtual + "/24/hb0"})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("nodea: heartbeat said:\n%s\nnodeb: heartbeat said:\n%s", s.cluster.A.Log(), s.cluster.B.Log())
		}
	})
	plugins := testproc.Dir(t, "")
	plugin := program(t, plugins, "check_peer", checkPeer)
	agent := program(t, s.device, "fence_recorder", fenceAgent)
	testproc.File(t, s.device, "nodea", "on\n")
	s.configure(fmt.Sprintf(splitConfig, s.cluster.A.Up, s.cluster.B.Up, plugin, agent, s.device, s.relay.Addr, s.relay.CAFile))
	s.serve()
	s.probeOn(s.cluster.B, plugins)
	s.cluster.Start()
	awaitSettled(t, s.cluster)
	for _, name := range []string{peerView, serverView, "nodeb/ping", "nodeb/peer"} {
		s.awaitState(60*time.Second, name, "OK")
	}
	return s
}

// splitConfig wants: the nodes' addresses, plugin, fence agent and its folder,
// the relay and its CA. The view of nodeb becomes a service of nodea, because an
// action acts for the host of the service that asks.
const splitConfig = `
templates:
  pinged: {checks: {ping: {type: ping, count: 2, interval: 2s, retry_interval: 2s, timeout: 1900ms, max_attempts: 2}}}
hosts:
  nodea:
    address: %s
    templates: [pinged]
    alive: none
    checks:
      heartbeat:
        type: metric
        expr: 'max(monitord_check_state{host="nodeb", check="peer"})'
        lookback: 15s
        warning: "0"
        critical: "@2:2"
        interval: 1s
        retry_interval: 1s
        max_attempts: 3
  nodeb:
    address: %s
    templates: [pinged]
    checks:
      peer: {type: plugin, run_on: probe, command: [%s, nodea], interval: 2s, retry_interval: 2s, timeout: 1900ms, max_attempts: 2}
actions:
  fence:
    when: {services: [nodea/heartbeat]}
    do:
      stonith: {agent: %s, params: {state_dir: %s}, hosts: {nodea: {plug: nodea}}}
    premises: {confirmed_by: ["{{host}}/ping"], max_age: 10s}
contacts:
  noc: {language: en, channels: [{mail: noc@example.net}]}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
`

// program writes one that only root can change.
func program(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := testproc.File(t, dir, name, content)
	testproc.Must(t, os.Chmod(path, 0o755))
	return path
}

// probeOn runs a probe on a node that may start the plugins of a folder.
func (s *split) probeOn(n *heartbeattest.Node, plugins string) {
	s.t.Helper()
	config := filepath.Join(s.enrol(n.Name), "probe.yaml")
	yaml, err := os.ReadFile(config)
	testproc.Must(s.t, err)
	testproc.Must(s.t, os.WriteFile(config, fmt.Appendf(yaml, "\nplugins: {dirs: [%s]}\n", plugins), 0o600))
	start(s.t, s.dir, "probe-"+n.Name, n.Enter(bin(s.t, "probe"), "run", "--config", config)...)
}

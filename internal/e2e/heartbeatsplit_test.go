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
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/testproc"
)

// linkCut: nodeb's heartbeat takes nodea for dead, because the link between them
// is cut. The server still reaches nodea: it is not fenced, and a person is told
// which premise is missing, once. Then nodea dies really: it is fenced, once.
func linkCut(t *testing.T) {
	s := newSplit(t)
	s.linkIsCut()
	s.linkIsBack()
	s.nodeDies()
}

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

// switched is what the fence device was told to switch.
func (s *split) switched() []string {
	s.t.Helper()
	log, err := os.ReadFile(filepath.Join(s.device, "log"))
	if err != nil && !os.IsNotExist(err) { // nothing yet
		s.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(log)), "\n")
}

func (s *split) wantSwitched(want string) {
	s.t.Helper()
	if got := s.switched(); !slices.Equal(got, []string{want}) {
		s.t.Fatalf("the fence device was told %q; want %q", got, want)
	}
}

// pages are the mails about a problem of the action.
func (s *split) pages() (pages []string) {
	s.t.Helper()
	for _, raw := range s.relay.Mails("noc") {
		words := strings.Join(strings.Fields(string(plainPart(s.t, raw))), " ") // lines are folded
		if strings.Contains(words, fencing+" is CRITICAL") {
			pages = append(pages, words)
		}
	}
	return pages
}

// proof is what monitord proof prints of the newest request.
func (s *split) proof() string {
	s.t.Helper()
	return command(s.t, "", bin(s.t, "monitord"), "proof", "fence", "--data", s.data)
}

// wantProof wants lines of the proof that have these words, whatever is between.
func (s *split) wantProof(lines ...string) {
	s.t.Helper()
	proof := s.proof()
	say(s.t, "monitord proof fence:\n%s", proof)
	var all []string
	for line := range strings.Lines(proof) {
		all = append(all, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range lines {
		if !slices.ContainsFunc(all, func(line string) bool { return strings.Contains(line, want) }) {
			s.t.Errorf("the proof has no line with %q", want)
		}
	}
}

const missingPremise = "0 of 1 other checks say so, 1 must; not: " + serverView

func (s *split) linkIsCut() {
	s.cluster.Cut()
	say(s.t, "heartbeat's link is cut")
	s.awaitState(60*time.Second, peerView, "CRITICAL")
	s.awaitState(30*time.Second, fencing, "CRITICAL")
	s.awaitTold("nodea", "action fence: not done, premise confirmed fails: "+missingPremise)
	eventually(s.t, 30*time.Second, "a person is told of the missing premise", func() string {
		if len(s.pages()) == 0 {
			return fmt.Sprintf("%d mails, none of them", len(s.relay.Mails("noc")))
		}
		return ""
	})
	s.staysRefused(10 * time.Second)
	s.awaitState(time.Second, serverView, "OK")
	s.wantProof("premise confirmed fails: "+missingPremise, "FAILS confirmed "+missingPremise)
}

// staysRefused watches that nothing is fenced and nobody is told again.
func (s *split) staysRefused(long time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		s.wantSwitched("")
		pages := s.pages()
		if len(pages) != 1 || !strings.Contains(pages[0], "premise confirmed fails: "+missingPremise) {
			s.t.Fatalf("want one mail that names the premise; got %d: %q", len(pages), pages)
		}
	}
	say(s.t, "no fence for %s, and one mail: %s", long, s.pages()[0])
}

func (s *split) linkIsBack() {
	s.cluster.Join()
	say(s.t, "heartbeat's link is back")
	for _, n := range []*heartbeattest.Node{s.cluster.A, s.cluster.B} {
		eventually(s.t, 60*time.Second, n.Name+" sees that both own the address and starts again", func() string {
			if !strings.Contains(n.Log(), "Performing heartbeat restart") {
				return "it does not"
			}
			return ""
		})
	}
	awaitSettled(s.t, s.cluster)
	for _, name := range []string{"nodeb/peer", peerView, serverView, fencing} {
		s.awaitState(60*time.Second, name, "OK")
	}
	s.wantSwitched("")
}

// nodeDies is the counter-proof: both see the node as dead.
func (s *split) nodeDies() {
	a, told := s.cluster.A, len(s.pages())
	a.Run("ip", "link", "set", "up0", "down") // its namespaces stay, so that no request for it leaves this machine
	_, _ = a.Try("kill", "-9", "-1")          // the command dies with the others
	say(s.t, "nodea dies")
	eventually(s.t, 60*time.Second, "nodea is fenced", func() string {
		if got := s.switched(); slices.Equal(got, []string{""}) {
			return "the device was told nothing"
		}
		return ""
	})
	s.awaitTold("nodea", "action fence: done and verified")
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		s.wantSwitched("off nodea")
	}
	s.wantProof("holds confirmed "+serverView+" is CRITICAL too", "done, verified")
	if pages := s.pages()[told:]; len(pages) > 0 {
		s.t.Errorf("a fence that worked needs no page: %q", pages)
	}
	say(s.t, "the fence device was told once: %s", s.switched()[0])
}

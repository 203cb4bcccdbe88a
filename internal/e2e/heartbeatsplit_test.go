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

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

	"monitord/internal/testserver/phonetest"
	"monitord/internal/testserver/postfixtest"
)

// escalation: an unacknowledged problem is mailed at once, mailed to the phone
// after five minutes (here seconds), and rung after ten; key 1 within the first
// second of speech takes it, nobody else is told, and the recovery goes to
// exactly those who were told. The same with two hundred kills. How long it takes
// from the confirming check to the relay's answer.
func escalation(t *testing.T) {
	needRoot(t, "postfix")
	t.Run("until somebody takes it", untilTaken)
	t.Run("busy, then the next", busyThenNext)
	t.Run("from the check to the relay", checkToRelay)
	t.Run("two hundred kills", twoHundredKills)
}

// desk is the cast: services that are bad while a file is there, a relay, a
// telephone exchange.
type desk struct {
	*world
	relay *postfixtest.Server
	phone *phonetest.Exchange
	files []string
}

// newDesk starts everything with so many services, svc/f0, svc/f1, ….
func newDesk(t *testing.T, services int, phone phonetest.Options, steps string) *desk {
	d := &desk{world: newWorld(t), relay: postfixtest.Start(t), phone: phonetest.Start(t, phone)}
	login := ""
	if phone.Username != "" {
		file := filepath.Join(d.dir, "phone-password")
		if err := os.WriteFile(file, []byte(phone.Password), 0o600); err != nil {
			t.Fatal(err)
		}
		login = fmt.Sprintf("username: %q, password: {file: %q}, ", phone.Username, file)
	}
	var list strings.Builder
	for i := range services {
		d.files = append(d.files, filepath.Join(d.dir, fmt.Sprintf("fault%d", i)))
		fmt.Fprintf(&list, "      f%d: {type: file, path: %q, expect: absent, run_on: server, interval: 1s, retry_interval: 1s, timeout: 900ms, max_attempts: 2, flapping: false}\n", i, d.files[i])
	}
	d.configure(fmt.Sprintf(`
hosts:
  svc:
    address: 127.0.0.1
    alive: none
    checks:
%scontacts:
  noc: {channels: [{mail: noc@example.net}, {phone: "+81312345678"}]}
  pager: {channels: [{mail: pager@example.net, form: short}]}
  boss: {channels: [{mail: boss@example.net}]}
escalations: [{steps: %s}]
storm: {pages: 0}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
phone: {server: %q, %slines: 4, ring: 5s, speech: {en: [espeak-ng, -v, en, -s, "250", --stdout, "{text}"]}}
`, list.String(), steps, d.relay.Addr, d.relay.CAFile, d.phone.Addr, login))
	d.serve()
	d.awaitState(20*time.Second, "svc/f0", "OK")
	return d
}

// fault makes a service bad, or good again. It may be called from any goroutine.
func (d *desk) fault(i int, bad bool) {
	var err error
	if bad {
		err = os.WriteFile(d.files[i], []byte("x"), 0o600)
	} else if err = os.Remove(d.files[i]); os.IsNotExist(err) {
		err = nil
	}
	if err != nil {
		d.t.Error(err)
	}
}

// delivery is what the API tells of one message.
type delivery struct {
	Contact  string     `json:"contact"`
	Channel  string     `json:"channel"`
	To       string     `json:"to"`
	Kind     string     `json:"kind"`
	State    string     `json:"state"`
	Queued   time.Time  `json:"queued"`
	Sent     *time.Time `json:"sent"`
	Attempts int        `json:"attempts"`
	Answer   string     `json:"answer"`
	Repeats  int        `json:"repeats"`
	Passed   bool       `json:"passed"`
}

// ledger is what the API tells of one incident.
type ledger struct {
	ID       int64      `json:"id"`
	Service  string     `json:"service"`
	Opened   time.Time  `json:"opened"`
	Closed   *time.Time `json:"closed"`
	AckedBy  string     `json:"acknowledged_by"`
	Notified []delivery `json:"notified"`
}

func (d *desk) ledgers() []ledger {
	d.t.Helper()
	var answer struct{ Incidents []ledger }
	d.get("/api/monitord/incidents", &answer)
	// A busy machine may bring services of the server's own, such as its lateness.
	return slices.DeleteFunc(answer.Incidents, func(in ledger) bool { return !strings.HasPrefix(in.Service, "svc/") })
}

const stepsOfTheStory = `[{to: noc, channel: mail}, {to: pager, after: 5s}, {to: noc, channel: phone, after: 10s}, {to: boss, after: 30s}]`

func keyOne(string) phonetest.Behaviour {
	return phonetest.Behaviour{Keys: []phonetest.Press{{Key: '1', After: 200 * time.Millisecond}}}
}

func untilTaken(t *testing.T) {
	d := newDesk(t, 1, phonetest.Options{Behave: keyOne, Username: "3000", Password: "x"}, stepsOfTheStory)
	d.fault(0, true)
	d.awaitState(20*time.Second, "svc/f0", "CRITICAL")
	opened := d.ledgers()[0].Opened
	d.relay.Wait(t, "noc", 1, 10*time.Second)
	say(t, "mailed %.1f s after the opening", time.Since(opened).Seconds())
	short := d.relay.Wait(t, "pager", 1, 20*time.Second)[0]
	say(t, "mailed to the phone after %.1f s", time.Since(opened).Seconds())
	if subject := headerOf(t, short, "Subject"); len([]rune(subject)) > 40 || !strings.Contains(subject, "svc") {
		t.Errorf("the short mail's subject is %q", subject)
	}
	call := d.phone.Wait(1, 40*time.Second)[0]
	if call.Number != "+81312345678" && !strings.Contains(call.Number, "312345678") {
		t.Errorf("dialled %q", call.Number)
	}
	say(t, "rung %.1f s after the opening, key 1 %.1f s into the speech, hung up after %.1f s", call.At.Sub(opened).Seconds(), call.Pressed.Sub(call.Spoke).Seconds(), call.Ended.Sub(call.Answered).Seconds())
	if late := call.Pressed.Sub(call.Spoke); late > time.Second {
		t.Errorf("the key was pressed %s into the speech", late)
	}
	eventually(t, 10*time.Second, "the key takes the problem", func() string {
		if in := d.ledgers()[0]; !strings.HasPrefix(in.AckedBy, "noc") {
			return fmt.Sprintf("acknowledged by %q", in.AckedBy)
		}
		return ""
	})
	time.Sleep(time.Until(opened.Add(35 * time.Second))) // the boss's time passes: the story itself
	d.fault(0, false)
	d.awaitState(20*time.Second, "svc/f0", "OK")
	d.relay.Wait(t, "noc", 2, 20*time.Second)
	d.relay.Wait(t, "pager", 2, 20*time.Second)
	if n := len(d.relay.Mails("boss")); n != 0 {
		t.Errorf("the boss got %d mails of what somebody had", n)
	}
	if n := len(d.phone.Calls()); n != 1 {
		t.Errorf("%d calls, want one: the recovery is written", n)
	}
	say(t, "recovery to noc and pager, nobody else")
}

func busyThenNext(t *testing.T) {
	d := newDesk(t, 1, phonetest.Options{Behave: func(string) phonetest.Behaviour { return phonetest.Behaviour{Status: 486} }},
		`[{to: noc, channel: phone}, {to: boss, after: 1h}]`)
	d.fault(0, true)
	d.awaitState(20*time.Second, "svc/f0", "CRITICAL")
	d.relay.Wait(t, "boss", 1, 30*time.Second)
	in := d.ledgers()[0]
	say(t, "busy: %q; the boss is mailed at once", in.Notified[0].Answer)
	if in.Notified[0].State != "failed" || in.Notified[0].Channel != "phone" {
		t.Errorf("ledger: %+v", in.Notified)
	}
}

// checkToRelay measures from the moment at which the confirming check found the
// problem to the relay's answer, for a hundred problems.
func checkToRelay(t *testing.T) {
	const services, rounds = 20, 5
	d := newDesk(t, services, phonetest.Options{}, `[{to: noc, channel: mail}]`)
	for range rounds {
		for i := range services {
			d.fault(i, true)
		}
		d.settled(services, "open")
		for i := range services {
			d.fault(i, false)
		}
		d.settled(0, "open")
	}
	var took []time.Duration
	for _, in := range d.ledgers() {
		for _, m := range in.Notified {
			if m.Kind == "problem" && m.Sent != nil {
				took = append(took, m.Sent.Sub(in.Opened))
			}
		}
	}
	slices.Sort(took)
	if len(took) != services*rounds {
		t.Fatalf("%d mails accepted, want %d", len(took), services*rounds)
	}
	say(t, "from the confirming check to mail accepted by the relay: p50 %s, p90 %s, p99 %s, max %s (%d mails, 20 at once)",
		took[len(took)/2].Round(time.Millisecond), took[len(took)*9/10].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), len(took))
}

// settled waits until so many incidents are open and all messages are done.
func (d *desk) settled(open int, what string) {
	d.t.Helper()
	eventually(d.t, 90*time.Second, fmt.Sprintf("%d incidents are %s and all messages done", open, what), func() string {
		n, waiting := 0, 0
		for _, in := range d.ledgers() {
			if in.Closed == nil {
				n++
			}
			for _, m := range in.Notified {
				if m.State == "pending" || m.State == "sending" {
					waiting++
				}
			}
		}
		if n != open || waiting > 0 {
			return fmt.Sprintf("%d open, %d messages wait", n, waiting)
		}
		return ""
	})
}

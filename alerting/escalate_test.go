package alerting

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/rota"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// person is a contact with channels written as kind:address; phones ring.
func person(name string, channels ...string) inventory.Contact {
	c := inventory.Contact{Name: name, Language: text.English, Zone: time.UTC}
	for _, ch := range channels {
		kind, to, _ := strings.Cut(ch, ":")
		c.Channels = append(c.Channels, inventory.Channel{Kind: kind, To: to, Within: 2 * time.Minute, Rings: kind == "phone"})
	}
	return c
}

// policy is lone with people and the steps of one escalation.
func policy(people []inventory.Contact, steps ...inventory.Step) *inventory.Inventory {
	inv := lone(func(c *inventory.Check) { c.MaxAttempts = 1 })
	inv.Contacts = people
	inv.Escalations = []inventory.Escalation{{Name: "all", Steps: steps}}
	return inv
}

// ways writes minute:kind:contact:channel of all that was handed over.
func (s *sim) ways() string {
	var list []string
	for _, m := range s.hear.heard() {
		// The clock is looked at each second.
		list = append(list, fmt.Sprintf("%d:%s:%s:%s", int(m.Queued.Sub(s.began).Truncate(5*time.Second).Minutes()), m.Kind, m.Contact, m.Channel))
	}
	return strings.Join(list, " ")
}

// fails begins a problem now, so that minutes count from its page.
func (s *sim) fails() {
	s.truth = always(checks.Critical)
	for len(s.e.Incidents(IncidentFilter{Open: true})) == 0 {
		s.run(time.Second)
	}
	s.began = s.e.Incidents(IncidentFilter{Open: true})[0].Opened
}

var night = []inventory.Step{
	{To: []string{"noc"}, Channel: "mail"},
	{To: []string{"noc"}, Channel: "sms", After: 5 * time.Minute},
	{To: []string{"noc"}, Channel: "phone", After: 10 * time.Minute},
	{To: []string{"boss"}, After: 15 * time.Minute, Repeat: 10 * time.Minute, Times: 3},
}

func TestUntilSomebodyTakesIt(t *testing.T) {
	people := []inventory.Contact{person("boss", "mail:b@x"), person("noc", "mail:n@x", "sms:1", "phone:2")}
	s := exact(t, policy(people, night...))
	s.run(2 * time.Minute)
	s.fails()
	s.run(9 * time.Minute)
	same(t, "before the call", s.ways(), "0:problem:noc:mail 5:problem:noc:sms")
	s.run(90 * time.Second)
	if err := s.e.Acknowledge(context.Background(), http, Ack{By: "noc", Reason: "phone key 1"}); err != nil {
		t.Fatal(err)
	}
	s.run(2 * time.Hour)
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	got := s.ways()
	told, recovered := got[:strings.Index(got, ":recovery")], got[strings.Index(got, ":recovery"):]
	if !strings.HasPrefix(told, "0:problem:noc:mail 5:problem:noc:sms 10:problem:noc:phone ") {
		t.Errorf("told %s", told)
	}
	// By the channels that do not ring, and nobody else.
	if strings.Count(recovered, "recovery") != 2 || !strings.Contains(recovered, ":noc:mail") || !strings.Contains(recovered, ":noc:sms") {
		t.Errorf("recovery %s", recovered)
	}
}

func TestWithoutAnybodyEveryStepIsTakenToItsEnd(t *testing.T) {
	people := []inventory.Contact{person("boss", "phone:3", "mail:b@x"), person("noc", "mail:n@x", "sms:1", "phone:2")}
	s := exact(t, policy(people, night...))
	s.run(2 * time.Minute)
	s.fails()
	s.run(2 * time.Hour)
	same(t, "told", s.ways(), "0:problem:noc:mail 5:problem:noc:sms 10:problem:noc:phone 15:problem:boss:phone 25:problem:boss:phone 35:problem:boss:phone")
	s.truth = always(checks.OK)
	s.began = s.now
	s.run(2 * time.Minute)
	// The boss was only rung: the recovery is written.
	if got := s.ways(); !strings.Contains(got, ":recovery:boss:mail") || strings.Contains(got, ":recovery:boss:phone") || strings.Count(got, ":recovery:") != 3 {
		t.Errorf("recovery %s", got)
	}
}

// outcome sets how hand-overs end, by channel: sent, failed, passed, away.
func (s *sim) outcome(how map[string]string) {
	s.hear.sent = func(m Message) {
		switch how[m.Channel] {
		case "failed":
			m.State, m.Answer = MessageFailed, "486 busy"
		case "passed":
			m.Passed, m.Answer = true, "key 3"
		case "away":
			return
		}
		s.store.messages[m.ID] = m
		s.e.Record(m)
	}
}

func TestWhatIsNotConfirmedIsFollowedByTheNextChannel(t *testing.T) {
	people := []inventory.Contact{person("boss", "mail:b@x"), person("noc", "sms:1", "phone:2", "mail:n@x")}
	steps := []inventory.Step{{To: []string{"noc"}}, {To: []string{"boss"}, After: time.Hour}}
	for name, c := range map[string]struct {
		how  map[string]string
		want string
	}{
		"the gateway is away, the phone is answered": {map[string]string{"sms": "away"}, "0:problem:noc:sms 2:problem:noc:phone 60:problem:boss:mail"},
		"both are away":            {map[string]string{"sms": "away", "phone": "away"}, "0:problem:noc:sms 2:problem:noc:phone 4:problem:noc:mail 60:problem:boss:mail"},
		"refused, and busy":        {map[string]string{"sms": "failed", "phone": "failed"}, "0:problem:noc:sms 0:problem:noc:phone 0:problem:noc:mail 60:problem:boss:mail"},
		"nothing works":            {map[string]string{"sms": "failed", "phone": "failed", "mail": "failed"}, "0:problem:noc:sms 0:problem:noc:phone 0:problem:noc:mail 0:problem:boss:mail"},
		"the call is passed on":    {map[string]string{"sms": "failed", "phone": "passed"}, "0:problem:noc:sms 0:problem:noc:phone 0:problem:boss:mail"},
		"passed on by the channel": {map[string]string{"sms": "passed"}, "0:problem:noc:sms 0:problem:boss:mail"},
	} {
		t.Run(name, func(t *testing.T) {
			s := exact(t, policy(people, steps...))
			s.run(2 * time.Minute)
			s.outcome(c.how)
			s.fails()
			s.run(2 * time.Hour)
			same(t, "told", s.ways(), c.want)
		})
	}
}

func TestNobodyIsRungForWhatIsOver(t *testing.T) {
	people := []inventory.Contact{person("a", "phone:1", "mail:a@x"), person("b", "mail:b@x")}
	s := exact(t, policy(people, inventory.Step{To: []string{"a", "b"}, Channel: ""}))
	s.run(2 * time.Minute)
	s.hear.sent = nil // all lines are busy, and the relay is away
	s.fails()
	s.run(30 * time.Second)
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	// What is written comes late, behind it the recovery.
	same(t, "told", s.ways(), "0:problem:b:mail 1:recovery:b:mail")
}

// A step is lost only when nobody of it is left.
func TestOneOfTwoIsEnough(t *testing.T) {
	people := []inventory.Contact{person("a", "phone:1"), person("b", "phone:2"), person("boss", "mail:b@x")}
	s := exact(t, policy(people, inventory.Step{To: []string{"a", "b"}}, inventory.Step{To: []string{"boss"}, After: time.Hour}))
	s.run(2 * time.Minute)
	s.hear.sent = func(m Message) {
		m.Passed = m.Contact == "a" // b heard it and says nothing
		s.store.messages[m.ID] = m
		s.e.Record(m)
	}
	s.fails()
	s.run(30 * time.Minute)
	same(t, "told", s.ways(), "0:problem:a:phone 0:problem:b:phone")
}

func TestRepeatsUntilClosedOutlastAnAcknowledgement(t *testing.T) {
	people := []inventory.Contact{person("boss", "mail:b@x"), person("noc", "mail:n@x")}
	s := exact(t, policy(people, inventory.Step{To: []string{"noc"}, Repeat: 10 * time.Minute}, inventory.Step{To: []string{"boss"}, Repeat: 30 * time.Minute, UntilClosed: true}))
	s.run(2 * time.Minute)
	s.fails()
	s.run(time.Minute)
	if err := s.e.Acknowledge(context.Background(), http, Ack{By: "noc"}); err != nil {
		t.Fatal(err)
	}
	s.run(time.Hour)
	same(t, "told", s.ways(), "0:problem:noc:mail 0:problem:boss:mail 30:problem:boss:mail 60:problem:boss:mail")
}

func TestAReloadTellsNobodyAgain(t *testing.T) {
	people := []inventory.Contact{person("boss", "mail:b@x"), person("noc", "mail:n@x")}
	s := exact(t, policy(people, inventory.Step{To: []string{"noc"}}, inventory.Step{To: []string{"boss"}, After: time.Hour}))
	s.run(2 * time.Minute)
	s.fails()
	s.run(30 * time.Minute)
	next := policy(people, inventory.Step{To: []string{"noc"}}, inventory.Step{To: []string{"boss"}, After: 10 * time.Minute}, inventory.Step{To: []string{"boss"}, After: 20 * time.Minute}, inventory.Step{To: []string{"boss"}, After: 50 * time.Minute})
	next.Escalations[0].Name = "other"
	s.inv = next
	s.e.Reload(next)
	s.run(10 * time.Minute)
	same(t, "told by then", s.ways(), "0:problem:noc:mail 30:problem:boss:mail")
	s.run(time.Hour)
	same(t, "told", s.ways(), "0:problem:noc:mail 30:problem:boss:mail 50:problem:boss:mail")
	// Somebody who was told is told of the recovery, though no step names them.
	s.inv = policy(people, inventory.Step{To: []string{"boss"}})
	s.e.Reload(s.inv)
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	if got := s.ways(); strings.Count(got, "recovery:noc") != 1 || strings.Count(got, "recovery:boss") != 1 {
		t.Errorf("recovery %s", got)
	}
}

func TestStepsGoOnAfterARestart(t *testing.T) {
	people := []inventory.Contact{person("boss", "phone:3", "mail:b@x"), person("noc", "mail:n@x", "sms:1", "phone:2")}
	s := exact(t, policy(people, night...))
	s.run(2 * time.Minute)
	s.fails()
	for range 12 {
		s.run(200 * time.Second)
		s.start()
	}
	same(t, "told", s.ways(), "0:problem:noc:mail 5:problem:noc:sms 10:problem:noc:phone 15:problem:boss:phone 25:problem:boss:phone 35:problem:boss:phone")
}

// crowd is n hosts with a service each, and one contact.
func crowd(n int) *inventory.Inventory {
	var hosts []inventory.Host
	for i := range n {
		c := simCheck(fmt.Sprintf("web%02d", i), "http")
		c.MaxAttempts = 1
		hosts = append(hosts, inventory.Host{Name: c.Host, Checks: []inventory.Check{c}})
	}
	inv := simInventory(hosts...)
	inv.Storm = inventory.Storm{Pages: 5, Within: 10 * time.Minute}
	return inv
}

func TestAStormIsOnePageWithCounts(t *testing.T) {
	for _, restart := range []bool{false, true} {
		s := exact(t, crowd(40))
		s.run(5 * time.Minute)
		s.truth = always(checks.Critical)
		s.run(3 * time.Minute)
		s.began = base
		count := func(kind string) (n int) {
			for _, m := range s.hear.heard() {
				if m.Kind == kind {
					n++
				}
			}
			return n
		}
		if count(KindProblem) != 5 || count(KindStorm) != 1 {
			t.Fatalf("told %s", s.ways())
		}
		if restart {
			s.start()
		}
		s.run(12 * time.Minute)
		if count(KindProblem) != 5 || count(KindStorm) != 2 {
			t.Errorf("told after the window: %s", s.ways())
		}
		last := s.hear.heard()[len(s.hear.heard())-1]
		if words := text.Default().Render(text.English, time.UTC, last.Notice.Summary); last.Notice.Storm != 35 || !strings.HasPrefix(words, "35 problems are open") {
			t.Errorf("the second page stands for %d and says %q", last.Notice.Storm, words)
		}
		held := 0
		for _, in := range s.e.Incidents(IncidentFilter{Open: true}) {
			for _, d := range in.Notified {
				if d.State == MessageHeld {
					held++
				}
			}
		}
		if held != 35 {
			t.Errorf("%d are marked as held in their ledgers", held)
		}
		if restart {
			s.start()
		}
		if n, err := s.e.TakeStorm(context.Background(), last, Ack{By: "noc"}); n != 35 || err != nil {
			t.Errorf("who answers the page takes %d, %v", n, err)
		}
		if n, err := s.e.TakeStorm(context.Background(), last, Ack{By: "boss"}); n != 0 || !errors.Is(err, ErrTaken) {
			t.Errorf("the second takes %d, %v", n, err)
		}
		s.truth = always(checks.OK)
		s.run(5 * time.Minute)
		if count(KindRecovery) != 6 {
			t.Errorf("%d recoveries, want one for each page of one problem and one for the storm: %s", count(KindRecovery), s.ways())
		}
		s.truth = always(checks.Critical)
		s.run(20 * time.Minute)
		if count(KindStorm) < 3 {
			t.Errorf("the next storm is silent: %s", s.ways())
		}
	}
}

// world of a generated policy: people with hours, teams, rotas, steps.
func randomPolicy(rnd *rand.Rand) *inventory.Inventory {
	hours := func() *timeperiod.Period {
		if rnd.IntN(3) > 0 {
			return nil
		}
		from := rnd.IntN(20)
		var rules []timeperiod.Rule
		for _, d := range []string{"sunday", "monday", "tuesday", "saturday"} {
			r, err := timeperiod.ParseRule(fmt.Sprintf("%s %02d:00-%02d:30", d, from, from+1+rnd.IntN(23-from)))
			if err != nil {
				panic(err)
			}
			rules = append(rules, r)
		}
		return timeperiod.New("p", time.UTC, rules)
	}
	inv := lone(func(c *inventory.Check) { c.MaxAttempts = 1; c.Judge.NotifyPeriod = hours() })
	inv.Contacts = nil
	names := []string{"a", "b", "c", "d"}
	for _, n := range names {
		c := person(n, "mail:"+n+"@x", "sms:"+n, "phone:"+n)
		rnd.Shuffle(len(c.Channels), func(i, j int) { c.Channels[i], c.Channels[j] = c.Channels[j], c.Channels[i] })
		c.Channels = c.Channels[:1+rnd.IntN(3)]
		for i := range c.Channels {
			c.Channels[i].Hours = hours()
		}
		c.Hours = hours()
		inv.Contacts = append(inv.Contacts, c)
	}
	inv.Teams = []inventory.Team{{Name: "team", Members: []string{"a", "rota", "d"}}}
	r := rota.Rota{Name: "rota", Zone: time.UTC, Layers: []rota.Layer{{Start: base.Add(-time.Duration(rnd.IntN(300)) * time.Minute)}}}
	for _, n := range names {
		r.Layers[0].Turns = append(r.Layers[0].Turns, rota.Turn{Member: n, For: time.Duration(10+rnd.IntN(90)) * time.Minute})
	}
	inv.Rotas = []rota.Rota{r}
	var steps []inventory.Step
	for range 1 + rnd.IntN(5) {
		st := inventory.Step{To: []string{[]string{"a", "b", "c", "d", "team", "rota"}[rnd.IntN(6)]}, After: time.Duration(rnd.IntN(90)) * time.Minute}
		if rnd.IntN(4) == 0 {
			st.To = append(st.To, "team")
		}
		if rnd.IntN(3) == 0 {
			st.Channel = []string{"mail", "sms", "phone"}[rnd.IntN(3)]
		}
		if rnd.IntN(2) == 0 {
			st.Repeat, st.Times = time.Duration(3+rnd.IntN(40))*time.Minute, rnd.IntN(5)
		}
		steps = append(steps, st)
	}
	slices.SortStableFunc(steps, func(a, b inventory.Step) int { return int(a.After - b.After) })
	inv.Escalations = []inventory.Escalation{{Name: "all", Steps: steps}}
	return inv
}

// What `monitord page --simulate` prints is what then happens, also when the
// server is restarted in between.
func TestTheSimulationIsWhatThenHappens(t *testing.T) {
	told := 0
	for seed := range uint64(200 / raceFactor) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		inv := randomPolicy(rnd)
		s := exact(t, inv)
		// Hours end at full minutes: nothing happens within a second of them.
		s.due(checkKey{"web1", "http"}, s.now.Add(30*time.Second))
		s.run(2 * time.Minute)
		s.fails()
		const span = 8 * time.Hour
		_, plan := oncall.Simulate(inv, oncall.Case{Service: http, State: checks.Critical, At: s.began, For: span, Period: inv.Hosts[0].Checks[0].Judge.NotifyPeriod})
		for s.now.Before(s.began.Add(span + time.Second)) {
			s.run(min(time.Duration(1+rnd.IntN(100))*time.Minute, s.began.Add(span+3*time.Second).Sub(s.now)))
			if seed%2 == 0 {
				s.start()
			}
		}
		var want, got []string
		for _, p := range plan {
			if p.Absent == nil {
				want = append(want, planned(p.At, p.Step, p.Round, p.Recipient.Contact.Name, p.Recipient.Channel.Kind))
			}
		}
		for _, m := range s.hear.heard() {
			if !m.Queued.After(s.began.Add(span + 2*time.Second)) {
				got = append(got, planned(m.Queued, m.Step, m.Round, m.Contact, m.Channel))
			}
		}
		if !slices.EqualFunc(got, want, toldAlike) {
			at := 0
			for at < min(len(got), len(want)) && toldAlike(got[at], want[at]) {
				at++
			}
			t.Fatalf("seed %d, from line %d on:\n got %s\nwant %s", seed, at, got[at:min(at+3, len(got))], want[at:min(at+3, len(want))])
		}
		told += len(got)
	}
	if want := 1000; told < want/raceFactor/5 || raceFactor == 1 && told < want {
		t.Errorf("%d told in all: the policies are too quiet to prove anything", told)
	}
}

// planned is a line of a plan.
func planned(at time.Time, step, round int, contact, channel string) string {
	return fmt.Sprintf("%s step %d round %d %s %s", at.Format(time.TimeOnly), step, round, contact, channel)
}

// toldAlike compares lines of plans: the clock is looked at each second.
func toldAlike(got, want string) bool {
	a, err1 := time.Parse(time.TimeOnly, got[:8])
	b, err2 := time.Parse(time.TimeOnly, want[:8])
	return err1 == nil && err2 == nil && a.Sub(b).Abs() <= 2*time.Second && got[8:] == want[8:]
}

// Whatever channels do and whoever acknowledges, the recovery goes once to each
// of those who were told, and to nobody else.
func TestRecoveryGoesToExactlyThoseWhoWereTold(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		s := exact(t, randomPolicy(rnd))
		s.run(2 * time.Minute)
		words := []string{"sent", "sent", "failed", "passed", "away"}
		s.outcome(map[string]string{"mail": words[rnd.IntN(5)], "sms": words[rnd.IntN(5)], "phone": words[rnd.IntN(5)]})
		s.fails()
		s.run(time.Duration(rnd.IntN(200)) * time.Minute)
		if rnd.IntN(2) == 0 {
			_ = s.e.Acknowledge(context.Background(), http, Ack{By: "x"})
		}
		s.start()
		s.run(time.Duration(rnd.IntN(100)) * time.Minute)
		if rnd.IntN(2) == 0 {
			s.inv = randomPolicy(rnd)
			s.e.Reload(s.inv)
			s.run(time.Minute)
		}
		s.truth = always(checks.OK)
		s.run(3 * time.Minute)
		told, recovered := map[string]bool{}, map[string]int{}
		for _, in := range s.e.Incidents(IncidentFilter{}) {
			for _, d := range in.Notified {
				switch {
				case d.Kind == KindRecovery:
					recovered[d.Contact+d.Channel]++
				case d.State != MessageFailed && d.State != MessageWithdrawn:
					told[d.Contact] = true
				}
			}
		}
		names := map[string]bool{}
		for key, n := range recovered {
			names[key[:1]] = true
			if n != 1 {
				t.Errorf("seed %d: %s got %d recoveries", seed, key, n)
			}
		}
		if fmt.Sprint(names) != fmt.Sprint(told) {
			t.Errorf("seed %d: told %v, recovery to %v", seed, told, names)
		}
	}
}

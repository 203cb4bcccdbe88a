package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// lone is one host with one service and no alive check, as change makes it.
func lone(change func(*inventory.Check)) *inventory.Inventory {
	c := simCheck("web1", "http")
	change(&c)
	return simInventory(inventory.Host{Name: "web1", Groups: []string{"tokyo/web"}, Checks: []inventory.Check{c}})
}

var http = checks.Service{Host: "web1", Check: "http"}

// exact is a sim whose results come at once, so that times can be told.
func exact(t *testing.T, inv *inventory.Inventory) *sim {
	s := newSim(t, 1, inv)
	s.delays = false
	return s
}

func always(state checks.State) func(checkKey) checks.State {
	return func(checkKey) checks.State { return state }
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// square is CRITICAL in every other half period for an hour, then OK.
func (s *sim) square(half time.Duration) {
	begin := s.now
	s.truth = func(checkKey) checks.State {
		if d := s.now.Sub(begin); d < time.Hour && d/half%2 == 0 {
			return checks.Critical
		}
		return checks.OK
	}
	s.run(3 * time.Hour)
}

func TestASquareWaveIsOnePageAndOneClose(t *testing.T) {
	for _, half := range []time.Duration{time.Minute, 3 * time.Minute, 8 * time.Minute} {
		s := exact(t, lone(func(c *inventory.Check) { c.Judge.RecoverAfter = 10 * time.Minute }))
		s.run(5 * time.Minute)
		s.square(half)
		same(t, half.String(), s.hear.told(), "problem:web1/http:CRITICAL recovery:web1/http:OK")
	}
}

func TestFlappingIsOnePageInAndOnePageOut(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.Judge.FlapLow, c.Judge.FlapHigh = 5, 20; c.MaxAttempts = 1 }))
	s.run(30 * time.Minute)
	s.square(2 * time.Minute)
	same(t, "told", s.hear.told(), "problem:web1/http:CRITICAL recovery:web1/http:OK problem:web1/http:CRITICAL problem:web1/http:WARNING recovery:web1/http:OK")
	heard := s.hear.heard()
	in, out := heard[3].Notice, heard[4].Notice
	if !in.Flapping || in.Summary.ID != "alerting.flapping" {
		t.Errorf("page in: %+v", in)
	}
	if !out.Calm || out.Summary.ID != "alerting.calm" || out.Summary.Args[0].Num < 3600 {
		t.Errorf("page out does not say the period: %+v", out.Summary)
	}
	if st, _ := s.e.Service(http); st.Marks != 0 {
		t.Errorf("marks left: %s", st.Marks)
	}
}

func TestNoiseRoundALimitIsOnePage(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.Judge.FlapLow, c.Judge.FlapHigh = 5, 20 }))
	bad := false
	s.truth = func(checkKey) checks.State {
		// The metric check: CRITICAL above 90, and until below 80 again.
		v := 90 * (0.95 + 0.1*s.rnd.Float64())
		if bad = v > 90 || bad && v > 80; bad {
			return checks.Critical
		}
		return checks.OK
	}
	s.run(24 * time.Hour)
	same(t, "told with a recovery threshold", s.hear.told(), "problem:web1/http:CRITICAL")
	// Without one, flapping keeps it to a handful in a day of a thousand changes.
	s = exact(t, lone(func(c *inventory.Check) { c.Judge.FlapLow, c.Judge.FlapHigh, c.MaxAttempts = 5, 20, 1 }))
	s.truth = func(checkKey) checks.State {
		if s.rnd.IntN(2) == 0 {
			return checks.Critical
		}
		return checks.OK
	}
	s.run(24 * time.Hour)
	if n := len(s.hear.heard()); n > 5 {
		t.Errorf("%d pages without a recovery threshold: %s", n, s.hear.told())
	}
}

func TestAProblemIsConfirmedByTime(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.Judge.ConfirmAfter = 2 * time.Minute; c.MaxAttempts = 3 }))
	s.run(5 * time.Minute)
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	same(t, "told after two minutes at most of a problem", s.hear.told(), "")
	s.run(90 * time.Second)
	same(t, "told", s.hear.told(), "problem:web1/http:CRITICAL")
	if st, _ := s.e.Service(http); st.HardSince.Sub(st.ProblemSince) < 2*time.Minute {
		t.Errorf("hard after %s", st.HardSince.Sub(st.ProblemSince))
	}
}

func TestVolatileServicesAreToldEachTime(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.Judge.Volatile = true; c.MaxAttempts = 1 }))
	s.run(2 * time.Minute)
	s.truth = always(checks.Critical)
	s.run(3 * time.Minute)
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	same(t, "told", s.hear.told(), strings.Repeat("problem:web1/http:CRITICAL ", 3)+"recovery:web1/http:OK")
}

func TestMissedIsAMarkAndEndsWithTheNextResult(t *testing.T) {
	s := exact(t, lone(func(*inventory.Check) {}))
	s.run(3 * time.Minute)
	s.truth = always(noResult)
	s.run(3 * time.Minute)
	same(t, "told within the freshness", s.hear.told(), "")
	s.run(3 * time.Minute)
	st, _ := s.e.Service(http)
	if st.State != checks.OK || !st.Marks.Has(MarkMissed) {
		t.Errorf("state %s, marks %s", st.State, st.Marks)
	}
	same(t, "told", s.hear.told(), "problem:web1/http:UNKNOWN")
	if n := s.hear.heard()[0].Notice; !n.Missed || n.Summary.ID != "alerting.missed" {
		t.Errorf("notice %+v", n)
	}
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	same(t, "told in the end", s.hear.told(), "problem:web1/http:UNKNOWN recovery:web1/http:OK")
	// A problem that stops being reported is not resolved by silence.
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	s.truth = always(noResult)
	s.run(time.Hour)
	if got := s.open(); !slices.Equal(got, []string{"web1/http"}) || len(s.hear.heard()) != 3 {
		t.Errorf("open %v, told %s", got, s.hear.told())
	}
}

func TestOneLostProbeIsOneIncident(t *testing.T) {
	var list []inventory.Check
	for _, name := range []string{"cpu", "disk", "load", "memory", "probe", "swap"} {
		list = append(list, simCheck("db1", name))
	}
	s := newSim(t, 5, simInventory(inventory.Host{Name: "db1", Alive: "probe", Checks: list}))
	s.run(5 * time.Minute)
	s.truth = func(key checkKey) checks.State {
		if key.check == "probe" { // runs on the server, and says that the probe is silent
			return checks.Critical
		}
		return noResult
	}
	s.run(20 * time.Minute)
	all := s.e.Incidents(IncidentFilter{Open: true})
	if len(all) != 1 || all[0].Service.Check != "probe" || all[0].SymptomCount != 5 || all[0].Behind != 5 {
		t.Fatalf("incidents %+v", all)
	}
	if sum := s.hear.heard()[0].Notice; sum.Behind != 5 || sum.Summary.ID != "alerting.behind" {
		t.Errorf("the page does not say what is behind it: %+v", sum)
	}
	st, _ := s.e.Service(checks.Service{Host: "db1", Check: "cpu"})
	if st.Marks != MarkMissed|MarkUnreachable || st.Incident != all[0].ID {
		t.Errorf("marks of a symptom: %s, incident %d", st.Marks, st.Incident)
	}
	if by := s.e.Incidents(IncidentFilter{Service: st.Service, Open: true}); len(by) != 1 {
		t.Errorf("the symptom's page finds %d incidents", len(by))
	}
	s.truth = always(checks.OK)
	s.run(5 * time.Minute)
	same(t, "told", s.hear.told(), "problem:db1/probe:CRITICAL recovery:db1/probe:OK")
}

func TestAHungParentDoesNotSilenceForEver(t *testing.T) {
	s := newSim(t, 3, simInventory(
		inventory.Host{Name: "sw1", Alive: "alive", Checks: []inventory.Check{simCheck("sw1", "alive")}},
		inventory.Host{Name: "web1", Alive: "alive", Parents: []string{"sw1"}, Checks: []inventory.Check{simCheck("web1", "alive")}}))
	s.run(2 * time.Minute)
	s.truth = func(key checkKey) checks.State {
		if key.host == "sw1" {
			return noResult
		}
		return checks.Critical
	}
	s.run(100 * time.Second)
	same(t, "told while the parent may answer yet", s.hear.told(), "")
	if s.asked == 0 {
		t.Error("the parent was not asked")
	}
	s.run(10 * time.Minute)
	same(t, "told", s.hear.told(), "problem:sw1/alive:UNKNOWN problem:web1/alive:CRITICAL")
}

func TestAHostBehindALostOneIsUnreachable(t *testing.T) {
	s := newSim(t, 4, simInventory(
		inventory.Host{Name: "sw1", Alive: "alive", Checks: []inventory.Check{simCheck("sw1", "alive")}},
		inventory.Host{Name: "web1", Alive: "alive", Parents: []string{"sw1"}, Checks: []inventory.Check{simCheck("web1", "alive"), simCheck("web1", "http")}}))
	s.run(2 * time.Minute)
	s.truth = always(checks.Critical)
	s.run(5 * time.Minute)
	hosts := s.e.Hosts()
	if hosts[0].Up || hosts[0].Unreachable || hosts[1].Up || !hosts[1].Unreachable {
		t.Errorf("hosts %+v", hosts)
	}
	same(t, "told", s.hear.told(), "problem:sw1/alive:CRITICAL")
	if n := s.hear.heard()[0].Notice.Behind; n != 2 {
		t.Errorf("%d behind it", n)
	}
}

func TestAnAcknowledgementEndsTelling(t *testing.T) {
	ctx := context.Background()
	inv := lone(func(c *inventory.Check) { c.MaxAttempts = 1 })
	inv.Escalations[0].Steps = append(inv.Escalations[0].Steps, inventory.Step{To: []string{"boss"}, After: 30 * time.Minute})
	boss := inv.Contacts[0]
	boss.Name, boss.Channels = "boss", []inventory.Channel{{Kind: "mail", To: "boss@example.net"}}
	inv.Contacts = append(inv.Contacts, boss)
	s := exact(t, inv)
	s.run(2 * time.Minute)
	if err := s.e.Acknowledge(ctx, http, Ack{By: "kim"}); !errors.Is(err, ErrNoProblem) {
		t.Errorf("acknowledged what is well: %v", err)
	}
	s.truth = always(checks.Warning)
	s.run(2 * time.Minute)
	if err := s.e.Acknowledge(ctx, http, Ack{By: "kim", Reason: "on it"}); err != nil {
		t.Fatal(err)
	}
	s.run(time.Hour)
	same(t, "the boss is not told of what somebody has", s.hear.told(), "problem:web1/http:WARNING")
	if in := s.e.Incidents(IncidentFilter{}); in[0].AckedBy != "kim" {
		t.Errorf("incident %+v", in[0])
	}
	s.truth = always(checks.Critical)
	s.run(2 * time.Minute)
	same(t, "worse ends it, and the boss's time has come", s.hear.told(), "problem:web1/http:WARNING problem:web1/http:CRITICAL problem:web1/http:CRITICAL")
	if err := s.e.Acknowledge(ctx, http, Ack{By: "kim", Until: s.now.Add(10 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	s.run(9 * time.Minute)
	if n := len(s.hear.heard()); n != 3 {
		t.Errorf("%d told before it lapsed", n)
	}
	s.run(2 * time.Minute)
	if n := len(s.hear.heard()); n != 5 {
		t.Errorf("%d told after it lapsed: %s", n, s.hear.told())
	}
	if err := s.e.Acknowledge(ctx, http, Ack{By: "kim", Sticky: true}); err != nil {
		t.Fatal(err)
	}
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	st, _ := s.e.Service(http)
	if st.Ack != nil || st.Marks != 0 || !strings.HasSuffix(s.hear.told(), "recovery:web1/http:OK") {
		t.Errorf("after the recovery: %+v %s, told %s", st.Ack, st.Marks, s.hear.told())
	}
}

func TestAStickyAcknowledgementOutlastsAWorseState(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	s.truth = always(checks.Warning)
	s.run(2 * time.Minute)
	if err := s.e.Acknowledge(context.Background(), http, Ack{By: "kim", Sticky: true}); err != nil {
		t.Fatal(err)
	}
	s.truth = always(checks.Critical)
	s.run(5 * time.Minute)
	same(t, "told", s.hear.told(), "problem:web1/http:WARNING")
	if err := s.e.Unacknowledge(context.Background(), http, "kim"); err != nil {
		t.Fatal(err)
	}
	same(t, "told when it is taken back", s.hear.told(), "problem:web1/http:WARNING problem:web1/http:CRITICAL")
}

func TestADowntimeSuppressesOpeningAndNeverClosing(t *testing.T) {
	ctx := context.Background()
	for name, d := range map[string]Downtime{"host": {Host: "web1"}, "group": {Group: "tokyo"}, "service": {Service: http}} {
		s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
		s.run(2 * time.Minute)
		d.By, d.To = "kim", s.now.Add(30*time.Minute)
		if _, err := s.e.AddDowntime(ctx, d); err != nil {
			t.Fatal(name, err)
		}
		s.truth = always(checks.Critical)
		s.run(20 * time.Minute)
		if st, _ := s.e.Service(http); st.HardState != checks.Critical || st.Marks != MarkDowntime || st.Incident != 0 {
			t.Errorf("%s: measuring must go on: %s %s", name, st.HardState, st.Marks)
		}
		same(t, name+": told in the downtime", s.hear.told(), "")
		s.run(11 * time.Minute)
		same(t, name+": told after it", s.hear.told(), "problem:web1/http:CRITICAL")
		id, err := s.e.AddDowntime(ctx, Downtime{Host: "web1", By: "kim", To: s.now.Add(time.Hour)})
		if err != nil {
			t.Fatal(name, err)
		}
		s.truth = always(checks.OK)
		s.run(2 * time.Minute)
		same(t, name+": the recovery", s.hear.told(), "problem:web1/http:CRITICAL recovery:web1/http:OK")
		s.truth = always(checks.Critical)
		s.run(5 * time.Minute)
		if err := s.e.CancelDowntime(ctx, id, "kim"); err != nil {
			t.Fatal(name, err)
		}
		if n := len(s.hear.heard()); n != 3 {
			t.Errorf("%s: told when it was cancelled: %s", name, s.hear.told())
		}
		if err := s.e.CancelDowntime(ctx, id, "kim"); !errors.Is(err, ErrNoDowntime) {
			t.Errorf("%s: cancelled twice: %v", name, err)
		}
	}
}

func TestAFlexibleDowntimeBeginsWithTheProblem(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	if _, err := s.e.AddDowntime(context.Background(), Downtime{Host: "web1", By: "kim", To: s.now.Add(2 * time.Hour), Duration: 30 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	s.run(90 * time.Minute)
	if st, _ := s.e.Service(http); st.Marks.Has(MarkDowntime) {
		t.Error("it began without a problem")
	}
	s.truth = always(checks.Critical)
	s.run(25 * time.Minute)
	same(t, "told within", s.hear.told(), "")
	s.run(7 * time.Minute)
	same(t, "told after", s.hear.told(), "problem:web1/http:CRITICAL")
}

func TestARecurringDowntimeComesAgain(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts = 1 }))
	// base is 03:00 UTC, 12:00 in Tokyo.
	if _, err := s.e.AddDowntime(context.Background(), Downtime{Host: "web1", By: "kim", From: base.Add(time.Hour), Rule: "FREQ=DAILY", Zone: "Asia/Tokyo", Duration: time.Hour}); err != nil {
		t.Fatal(err)
	}
	var begun []string
	was := false
	for range 52 {
		s.run(time.Hour / 2)
		s.now = s.now.Truncate(time.Second)
		st, _ := s.e.Service(http)
		if on := st.Marks.Has(MarkDowntime); on != was {
			begun = append(begun, s.now.Format("15:04"))
			was = on
		}
	}
	same(t, "changes seen each half hour", strings.Join(begun, " "), "04:00 05:00 04:00 05:00")
	if _, err := s.e.AddDowntime(context.Background(), Downtime{Host: "web1", By: "kim", Rule: "FREQ=NEVER", Duration: time.Hour}); err == nil {
		t.Error("a rule that means nothing was taken")
	}
}

func TestOutsideTheNotificationPeriodPagesWait(t *testing.T) {
	rule, err := timeperiod.ParseRule("sunday 09:00-17:00")
	if err != nil {
		t.Fatal(err)
	}
	s := exact(t, lone(func(c *inventory.Check) {
		c.MaxAttempts, c.Judge.NotifyPeriod = 1, timeperiod.New("work", time.UTC, []timeperiod.Rule{rule})
	}))
	s.truth = always(checks.Critical) // base is Sunday 03:00
	s.run(5 * time.Hour)
	same(t, "told at night", s.hear.told(), "")
	s.run(70 * time.Minute)
	same(t, "told in the morning", s.hear.told(), "problem:web1/http:CRITICAL")
	s.truth = always(checks.OK)
	s.run(10 * time.Hour)
	s.truth = always(checks.Critical)
	s.run(10 * time.Minute)
	s.truth = always(checks.OK)
	s.run(24 * 7 * time.Hour)
	same(t, "a problem that was over before the morning", s.hear.told(), "problem:web1/http:CRITICAL recovery:web1/http:OK")
}

func TestOnlyWhatWasAskedForIsTold(t *testing.T) {
	s := exact(t, lone(func(c *inventory.Check) { c.MaxAttempts, c.Judge.NotifyOn = 1, inventory.NotifyCritical }))
	for _, state := range []checks.State{checks.Warning, checks.Critical, checks.OK, checks.Unknown, checks.Critical, checks.OK} {
		s.truth = always(state)
		s.run(2 * time.Minute)
	}
	same(t, "told", s.hear.told(), "problem:web1/http:CRITICAL problem:web1/http:CRITICAL")
}

func TestFortyServicesBehindASwitchAreOnePage(t *testing.T) {
	hosts := []inventory.Host{{Name: "sw1", Alive: "ping", Checks: []inventory.Check{simCheck("sw1", "ping")}}}
	for i := range 10 {
		h := inventory.Host{Name: fmt.Sprintf("web%d", i), Alive: "ping", Parents: []string{"sw1"}}
		for _, name := range []string{"http", "ping", "smtp", "ssh"} {
			h.Checks = append(h.Checks, simCheck(h.Name, name))
		}
		hosts = append(hosts, h)
	}
	s := newSim(t, 8, simInventory(hosts...))
	s.run(2 * time.Minute)
	s.truth = always(checks.Critical)
	s.run(10 * time.Minute)
	same(t, "told when it is cut", s.hear.told(), "problem:sw1/ping:CRITICAL")
	n := s.hear.heard()[0].Notice
	if words := text.Default().Render(text.English, time.UTC, n.Summary); words != "CRITICAL (40 behind it)" {
		t.Errorf("the page says %q", words)
	}
	if in := s.e.Incidents(IncidentFilter{Open: true}); len(in) != 1 || in[0].SymptomCount != 40 || len(in[0].Symptoms) != 40 {
		t.Errorf("incidents %+v", in)
	}
	s.truth = always(checks.OK)
	s.run(10 * time.Minute)
	same(t, "told in the end", s.hear.told(), "problem:sw1/ping:CRITICAL recovery:sw1/ping:OK")
}

func TestStepsDueInADowntimeComeAfterIt(t *testing.T) {
	inv := lone(func(c *inventory.Check) { c.MaxAttempts = 1 })
	inv.Escalations[0].Steps = append(inv.Escalations[0].Steps, inventory.Step{To: []string{"boss"}, After: 30 * time.Minute})
	boss := inv.Contacts[0]
	boss.Name, boss.Channels = "boss", []inventory.Channel{{Kind: "mail", To: "boss@example.net"}}
	inv.Contacts = append(inv.Contacts, boss)
	s := exact(t, inv)
	s.truth = always(checks.Critical)
	s.run(10 * time.Minute)
	if _, err := s.e.AddDowntime(context.Background(), Downtime{Host: "web1", By: "kim", To: s.now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.run(55 * time.Minute)
	same(t, "told during the downtime", s.hear.told(), "problem:web1/http:CRITICAL")
	s.run(10 * time.Minute)
	heard := s.hear.heard()
	if len(heard) != 2 || heard[1].Contact != "boss" || !slices.Equal(heard[1].Notice.Others, []string{"noc"}) {
		t.Errorf("told after it: %s, the last to %s", s.hear.told(), heard[len(heard)-1].Contact)
	}
	s.truth = always(checks.OK)
	s.run(2 * time.Minute)
	same(t, "in the end", s.hear.told(), "problem:web1/http:CRITICAL problem:web1/http:CRITICAL recovery:web1/http:OK recovery:web1/http:OK")
}

func TestAnItemThatRunsLeaveOutIsRetiredAndNotMissed(t *testing.T) {
	s := exact(t, lone(func(*inventory.Check) {}))
	s.queue = nil
	for i := range 20 {
		s.run(time.Minute)
		list := []checks.Result{{Item: "/"}}
		if i < 5 {
			list = append(list, checks.Result{Item: "/mnt"})
		}
		if _, err := s.e.Observe(context.Background(), Observation{Host: "web1", Check: "http", At: s.now, Results: list}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "told", s.hear.told(), "")
	if list := s.e.Services(); len(list) != 1 || list[0].Marks != 0 {
		t.Errorf("services %+v", list)
	}
}

func TestAServerThatStoodStillAccusesNobody(t *testing.T) {
	s := exact(t, lone(func(*inventory.Check) {}))
	s.run(5 * time.Minute)
	s.now = s.now.Add(time.Hour) // the machine was suspended
	s.run(5 * time.Minute)
	same(t, "told", s.hear.told(), "")
}

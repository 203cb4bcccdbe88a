package alerting

import (
	"context"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

var dropped = checks.Service{Host: "web1", Check: "trend", Item: "eth0 in"}

// find tells a finding, as what judges series does.
func (s *sim) find(state checks.State) {
	s.t.Helper()
	o := Observation{Host: dropped.Host, Check: dropped.Check, At: s.now, Builtin: true,
		Results: []checks.Result{{Item: dropped.Item, State: state, Summary: text.Verbatim("it dropped")}}}
	if _, err := s.e.Observe(context.Background(), o); err != nil {
		s.t.Fatal(err)
	}
}

// probed is a host that is pinged and has a probe.
func probed(t *testing.T) *sim {
	probe := simCheck("web1", "probe")
	probe.Type = "probe"
	s := exact(t, simInventory(inventory.Host{Name: "web1", Alive: "ping", Checks: []inventory.Check{simCheck("web1", "ping"), probe}}))
	s.run(5 * time.Minute)
	return s
}

// failing makes one check fail, and what is behind it in truth.
func failing(name string) func(checkKey) checks.State {
	return func(key checkKey) checks.State {
		if key.check == name {
			return checks.Critical
		}
		return checks.OK
	}
}

func TestTheDropOfAHostThatIsDownIsASymptom(t *testing.T) {
	for _, cause := range []string{"ping", "probe"} {
		for _, after := range []time.Duration{time.Second, 5 * time.Minute} { // found before the cause is confirmed, and after
			s := probed(t)
			s.truth = failing(cause)
			s.run(after)
			s.find(checks.Critical)
			s.run(20 * time.Minute)
			same(t, cause, s.hear.told(), "problem:web1/"+cause+":CRITICAL")
			if open := s.open(); len(open) != 1 || open[0] != "web1/"+cause {
				t.Errorf("%s: open incidents %v", cause, open)
			}
			if st, _ := s.e.Service(dropped); st.HardState != checks.Critical || !st.Marks.Has(MarkUnreachable) {
				t.Errorf("%s: %v %v", cause, st.HardState, st.Marks)
			}
			// It comes back, and traffic with it: one recovery, nothing about the drop.
			s.truth = always(checks.OK)
			s.run(20 * time.Minute)
			s.find(checks.OK)
			s.run(20 * time.Minute)
			same(t, cause+" is back", s.hear.told(), "problem:web1/"+cause+":CRITICAL recovery:web1/"+cause+":OK")
		}
	}
}

func TestADropThatOutlivesItsCauseIsTold(t *testing.T) {
	s := probed(t)
	s.truth = failing("ping")
	s.run(time.Second)
	s.find(checks.Warning)
	s.run(10 * time.Minute)
	s.truth = always(checks.OK)
	s.run(25 * time.Minute)
	same(t, "told while it may still settle", s.hear.told(), "problem:web1/ping:CRITICAL recovery:web1/ping:OK")
	s.run(10 * time.Minute)
	same(t, "told", s.hear.told(), "problem:web1/ping:CRITICAL recovery:web1/ping:OK problem:web1/trend[eth0 in]:WARNING")
}

func TestADropOfAHostThatIsWellIsToldSoon(t *testing.T) {
	s := probed(t)
	s.find(checks.Warning)
	s.run(10 * time.Second)
	same(t, "told", s.hear.told(), "problem:web1/trend[eth0 in]:WARNING")
}

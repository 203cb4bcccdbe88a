package alerting

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// randomWorld is a random tree of hosts (some with two parents), each with an
// alive check and services, some of which depend on others, also N of M.
func randomWorld(rnd *rand.Rand) *inventory.Inventory {
	var hosts []inventory.Host
	var services []inventory.CheckRef
	for i := range 2 + rnd.IntN(6) {
		h := inventory.Host{Name: fmt.Sprintf("h%d", i), Alive: "alive"}
		for range min(i, rnd.IntN(3)) {
			if p := fmt.Sprintf("h%d", rnd.IntN(i)); !slices.Contains(h.Parents, p) {
				h.Parents = append(h.Parents, p)
			}
		}
		if i > 0 && rnd.IntN(6) == 0 {
			h.Alive = ""
		} else {
			h.Checks = append(h.Checks, simCheck(h.Name, "alive"))
		}
		for j := range rnd.IntN(3) {
			c := simCheck(h.Name, fmt.Sprintf("s%d", j))
			if len(services) > 0 && rnd.IntN(2) == 0 {
				d := inventory.Dependency{AtLeast: 1}
				for range 1 + rnd.IntN(3) {
					if of := services[rnd.IntN(len(services))]; !slices.Contains(d.Of, of) {
						d.Of = append(d.Of, of)
					}
				}
				d.AtLeast += rnd.IntN(len(d.Of))
				c.Judge.DependsOn = []inventory.Dependency{d}
			}
			h.Checks = append(h.Checks, c)
		}
		for _, c := range h.Checks {
			if c.Name != "alive" {
				services = append(services, inventory.CheckRef{Host: h.Name, Check: c.Name})
			}
		}
		hosts = append(hosts, h)
	}
	return simInventory(hosts...)
}

// oracle knows the truth: a check fails when it is faulty or when what it needs
// fails. It follows the inventory's words, not the engine's graph.
type oracle struct {
	inv    *inventory.Inventory
	faulty map[checkKey]bool
}

// works reports whether a check finds its service well.
func (o oracle) works(key checkKey) bool { return !o.faulty[key] && o.reachable(key) }

// reachable reports whether what a check needs is well.
func (o oracle) reachable(key checkKey) bool {
	h, _ := o.inv.Host(key.host)
	if h.Alive != "" && h.Alive != key.check {
		if !o.works(checkKey{h.Name, h.Alive}) {
			return false
		}
	} else if !o.hostPath(h) {
		return false
	}
	c, _ := o.inv.Check(inventory.CheckRef{Host: key.host, Check: key.check})
	for _, d := range c.Judge.DependsOn {
		good := 0
		for _, of := range d.Of {
			if o.works(checkKey{of.Host, of.Check}) {
				good++
			}
		}
		if good < d.AtLeast {
			return false
		}
	}
	return true
}

// hostPath reports whether one of a host's parents is up.
func (o oracle) hostPath(h *inventory.Host) bool {
	nearest := o.nearest(h)
	return len(nearest) == 0 || slices.ContainsFunc(nearest, o.works)
}

func (o oracle) nearest(h *inventory.Host) []checkKey {
	var list []checkKey
	for _, name := range h.Parents {
		p, _ := o.inv.Host(name)
		if p.Alive != "" {
			list = append(list, checkKey{p.Name, p.Alive})
		} else {
			list = append(list, o.nearest(p)...)
		}
	}
	return list
}

// causes is the least set of faults that explains everything: those whose own
// needs are met.
func (o oracle) causes() []string {
	var list []string
	for key, bad := range o.faulty {
		if bad && o.reachable(key) {
			list = append(list, key.host+"/"+key.check)
		}
	}
	slices.Sort(list)
	return list
}

func TestIncidentsAreTheCausesAndEachIsToldAndClosedOnce(t *testing.T) {
	worlds := uint64(2000) / raceFactor
	if testing.Short() {
		worlds = 200
	}
	incidents, symptoms := 0, 0
	for seed := range worlds {
		rnd := rand.New(rand.NewPCG(seed, 7))
		inv := randomWorld(rnd)
		s := newSim(t, seed, inv)
		o := oracle{inv, map[checkKey]bool{}}
		s.truth = func(key checkKey) checks.State {
			if o.works(key) {
				return checks.OK
			}
			return checks.Critical
		}
		s.run(2 * time.Minute)
		keys := slices.SortedFunc(maps.Keys(s.e.checks), func(a, b checkKey) int { return strings.Compare(a.host+"/"+a.check, b.host+"/"+b.check) })
		for range 1 + rnd.IntN(4) {
			o.faulty[keys[rnd.IntN(len(keys))]] = true
		}
		ever := map[string]bool{}
		settled := func(phase string) bool {
			s.run(6 * time.Minute)
			got, want := s.open(), o.causes()
			for _, cause := range want {
				ever[cause] = true
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, %s: incidents %v, want %v", seed, phase, got, want)
			}
			return slices.Equal(got, want)
		}
		ok := settled("after the faults")
		for _, key := range keys {
			if o.faulty[key] && rnd.IntN(2) == 0 {
				o.faulty[key] = false
			}
		}
		ok = settled("after some repairs") && ok
		clear(o.faulty)
		ok = settled("after all repairs") && ok
		all := s.e.Incidents(IncidentFilter{})
		incidents += len(all)
		if len(all) != len(ever) {
			t.Errorf("seed %d: %d incidents were opened for the %d causes %v", seed, len(all), len(ever), slices.Collect(maps.Keys(ever)))
			ok = false
		}
		for _, in := range all {
			symptoms += in.SymptomCount
		}
		if ok = ledgerIsEven(t, seed, s.hear.heard(), len(all)) && ok; !ok && seed > 50 {
			t.FailNow()
		}
	}
	t.Logf("%d worlds, %d incidents, %d symptoms", worlds, incidents, symptoms)
	if incidents < int(worlds) || symptoms < int(worlds) {
		t.Error("the worlds are too quiet to prove anything")
	}
}

// ledgerIsEven checks that of each incident one problem and one recovery was
// told, in this order.
func ledgerIsEven(t *testing.T, seed uint64, heard []Message, incidents int) bool {
	t.Helper()
	kinds := map[int64]string{}
	for _, m := range heard {
		kinds[m.Incident] += m.Kind + " "
	}
	ok := len(kinds) == incidents
	for id, told := range kinds {
		if told != "problem recovery " {
			t.Errorf("seed %d: of incident %d was told: %s", seed, id, told)
			ok = false
		}
	}
	if len(kinds) != incidents {
		t.Errorf("seed %d: %d incidents, %d told", seed, incidents, len(kinds))
	}
	return ok
}

// chaos lets everything happen that people and networks do, and then repairs it.
func (s *sim) chaos(steps int) {
	s.t.Helper()
	ctx := context.Background()
	keys := slices.SortedFunc(maps.Keys(s.e.checks), func(a, b checkKey) int { return strings.Compare(a.host+"/"+a.check, b.host+"/"+b.check) })
	states := map[checkKey]checks.State{}
	s.truth = func(key checkKey) checks.State { return states[key] }
	all := []checks.State{checks.OK, checks.OK, checks.Warning, checks.Critical, checks.Critical, checks.Unknown, noResult}
	for range steps {
		key := keys[s.rnd.IntN(len(keys))]
		service := checks.Service{Host: key.host, Check: key.check}
		switch s.rnd.IntN(8) {
		case 0:
			_ = s.e.Acknowledge(ctx, service, Ack{By: "kim", Sticky: s.rnd.IntN(2) == 0, Until: s.now.Add(s.within(time.Hour))})
		case 1:
			d := Downtime{Host: key.host, By: "kim", To: s.now.Add(time.Second + s.within(time.Hour))}
			if s.rnd.IntN(2) == 0 {
				d.Duration = time.Second + s.within(20*time.Minute)
			}
			if _, err := s.e.AddDowntime(ctx, d); err != nil {
				s.t.Fatal(err)
			}
		case 2:
			s.start() // a restart
		default:
			states[key] = all[s.rnd.IntN(len(all))]
		}
		s.run(s.within(4 * time.Minute))
	}
	clear(states)
	s.run(20 * time.Minute)
}

func TestWhateverHappensEverybodyToldGetsOneRecovery(t *testing.T) {
	worlds := uint64(150) / raceFactor
	if testing.Short() {
		worlds = 40
	}
	told := 0
	for seed := range worlds {
		rnd := rand.New(rand.NewPCG(seed, 11))
		inv := randomWorld(rnd)
		for h := range inv.Hosts {
			for c := range inv.Hosts[h].Checks {
				j := &inv.Hosts[h].Checks[c].Judge
				j.Volatile = rnd.IntN(5) == 0
				if rnd.IntN(2) == 0 {
					j.FlapLow, j.FlapHigh = 5, 20
				}
				if rnd.IntN(4) == 0 {
					j.RecoverAfter = 2 * time.Minute
				}
			}
		}
		s := newSim(t, seed, inv)
		s.run(2 * time.Minute)
		s.chaos(40)
		s.run(90 * time.Minute) // flapping ends
		if open := s.open(); len(open) > 0 {
			t.Errorf("seed %d: all is well, and open are %v", seed, open)
		}
		for _, st := range s.e.Services() {
			if st.Marks&^MarkDowntime != 0 || st.Incident != 0 || st.Ack != nil {
				t.Errorf("seed %d: %s is well, and has %s, incident %d", seed, st.Service, st.Marks, st.Incident)
			}
		}
		told += oneRecoveryEach(t, seed, s.hear.heard())
		if t.Failed() && seed > 20 {
			break
		}
	}
	t.Logf("%d worlds, %d recipients of incidents", worlds, told)
	if told < int(worlds) {
		t.Error("nothing happened")
	}
}

// oneRecoveryEach checks that each recipient of an incident heard of problems
// and then once of the recovery.
func oneRecoveryEach(t *testing.T, seed uint64, heard []Message) int {
	t.Helper()
	kinds := map[string]string{}
	for _, m := range heard {
		kinds[fmt.Sprint(m.Incident, " ", m.To)] += m.Kind[:1]
	}
	for who, list := range kinds {
		if strings.TrimLeft(list, "p") != "r" || !strings.HasPrefix(list, "p") {
			t.Errorf("seed %d: incident %s heard %s (p problem, r recovery)", seed, who, list)
		}
	}
	return len(kinds)
}

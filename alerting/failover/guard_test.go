package failover

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"monitord/checks"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sighting(name string, state checks.State, age time.Duration) Sighting {
	s, err := checks.ParseService(name)
	if err != nil {
		panic(err)
	}
	return Sighting{Service: s, Known: true, State: state, Hard: true, At: noon.Add(-age), From: FromServer}
}

func TestTheGuardNamesEveryPremiseThatFails(t *testing.T) {
	needs := Needs{Worst: checks.Critical, MaxAge: time.Minute, AtLeast: 1, PeersAtLeast: 1, NotInDowntime: true}
	good := func() Facts {
		return Facts{Now: noon, Since: noon.Add(-time.Second), Trigger: sighting("web1/http", checks.Critical, time.Second),
			Confirm: []Sighting{sighting("web1/ping", checks.Critical, 5*time.Second)}, Peers: []Sighting{sighting("web2/http", checks.OK, 5*time.Second)}}
	}
	for name, c := range map[string]struct {
		change func(f *Facts)
		want   string
		ask    int
	}{
		"all hold":                   {func(*Facts) {}, "", 0},
		"soft":                       {func(f *Facts) { f.Trigger.Hard = false }, PremiseState, 0},
		"well again":                 {func(f *Facts) { f.Trigger.State = checks.OK }, PremiseState, 0},
		"only a warning":             {func(f *Facts) { f.Trigger.State = checks.Warning }, PremiseState, 0},
		"unknown":                    {func(f *Facts) { f.Trigger.State = checks.Unknown }, PremiseState, 0},
		"old":                        {func(f *Facts) { f.Trigger.At = noon.Add(-time.Hour) }, PremiseAge, 1},
		"missed":                     {func(f *Facts) { f.Trigger.Missed = true }, PremiseState + " " + PremiseAge, 1},
		"not confirmed, old news":    {func(f *Facts) { f.Confirm[0].State = checks.OK }, PremiseConfirmed, 1},
		"not confirmed, the news":    {func(f *Facts) { f.Confirm[0] = sighting("web1/ping", checks.OK, 0) }, PremiseConfirmed, 0},
		"confirmed long ago":         {func(f *Facts) { f.Confirm[0].At = noon.Add(-time.Hour) }, PremiseConfirmed, 1},
		"no peer":                    {func(f *Facts) { f.Peers[0].State = checks.Critical }, PremisePeers, 1},
		"peer unknown":               {func(f *Facts) { f.Peers[0].Known = false }, PremisePeers, 1},
		"peer unauthenticated":       {func(f *Facts) { f.Peers[0].Unauthenticated = true }, PremisePeers, 1},
		"behind":                     {func(f *Facts) { f.Behind = []string{"sw1"} }, PremisePath, 0},
		"downtime":                   {func(f *Facts) { f.Downtime = true }, PremiseDowntime, 0},
		"trap alone":                 {func(f *Facts) { f.Trigger.Unauthenticated, f.Confirm[0].Unauthenticated = true, true }, PremiseSource, 0},
		"trap confirmed by a check":  {func(f *Facts) { f.Trigger.Unauthenticated = true }, "", 0},
		"check confirmed by a trap":  {func(f *Facts) { f.Confirm[0].Unauthenticated = true }, "", 0},
		"undo while it is bad":       {func(f *Facts) { f.Undo = true }, PremiseState, 0},
		"undo when it is well":       {func(f *Facts) { f.Undo, f.Trigger.State = true, checks.OK }, "", 0},
		"result in the future":       {func(f *Facts) { f.Trigger.At = noon.Add(time.Hour) }, "", 0},
		"soft confirmation suffices": {func(f *Facts) { f.Confirm[0].Hard = false }, "", 0},
	} {
		f := good()
		c.change(&f)
		premises, ask := needs.Judge(f)
		names := ""
		for i, p := range Failing(premises) {
			if i > 0 {
				names += " "
			}
			names += p.Name
		}
		if names != c.want || len(ask) != c.ask {
			t.Errorf("%s: failing %q, %d to ask; want %q, %d", name, names, len(ask), c.want, c.ask)
		}
		for _, p := range premises {
			if p.From == "" || p.Text.IsZero() {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
	needs.IgnoreSighting = true
	f := good()
	f.By, f.Trigger.State, f.Confirm = "noc", checks.OK, nil
	if premises, _ := needs.Judge(f); len(Failing(premises)) > 0 || premises[0].From != "noc" {
		t.Errorf("a person asked, and %+v", premises)
	}
}

func TestBudgetCountsWhatTheClockPutsIntoTheFuture(t *testing.T) {
	b := Budget{Runs: 2, Per: time.Hour}
	starts := func(ago ...time.Duration) (list []Start) {
		for _, d := range ago {
			list = append(list, Start{Host: "web1", At: noon.Add(-d)})
		}
		return list
	}
	for _, c := range []struct {
		ago  []time.Duration
		want bool
	}{{nil, true}, {[]time.Duration{time.Minute}, true}, {[]time.Duration{2 * time.Hour, time.Minute}, true},
		{[]time.Duration{30 * time.Minute, time.Minute}, false}, {[]time.Duration{-time.Hour, time.Minute}, false}} {
		if got := b.Premise(noon, starts(c.ago...), "x").Holds; got != c.want {
			t.Errorf("%v: %v", c.ago, got)
		}
	}
	for ago, want := range map[time.Duration]bool{time.Minute: false, 10 * time.Minute: true, -time.Hour: false} {
		if got := CooldownPremise(noon, 10*time.Minute, "web1", starts(ago), "x").Holds; got != want {
			t.Errorf("%s: %v", ago, got)
		}
	}
	if !CooldownPremise(noon, 10*time.Minute, "web2", starts(time.Minute), "x").Holds {
		t.Error("another host's cool-down counts")
	}
}

func TestNothingLeadsBackFromStarted(t *testing.T) {
	every := []Progress{"", ProgressWanted, ProgressRefused, ProgressWaiting, ProgressApproved, ProgressTried, ProgressStarted, ProgressDone, ProgressFailed, ProgressUnknown}
	reached := map[Progress]bool{ProgressStarted: true}
	for range every {
		for from := range reached {
			for _, to := range every {
				if MayFollow(from, to) && from != ProgressRefused {
					reached[to] = true
				}
			}
		}
	}
	for _, p := range []Progress{ProgressWanted, ProgressWaiting, ProgressApproved} {
		if reached[p] {
			t.Errorf("%s follows started", p)
		}
	}
	if MayFollow(ProgressStarted, ProgressStarted) {
		t.Error("started may be written twice")
	}
}

func TestARecordSurvivesTheJournal(t *testing.T) {
	r := Record{Request: Request{ID: "a-1", State: checks.Critical}, Progress: ProgressDone, Status: StatusDone,
		Started: noon, Ended: noon.Add(3 * time.Second), Trigger: Trigger{Failed: noon.Add(-20 * time.Second), Hard: noon.Add(-time.Second)}}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Record
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back.Detect() != 19*time.Second || back.Decide() != time.Second || back.Act() != 3*time.Second || back.Status != StatusDone || back.Request.State != checks.Critical {
		t.Errorf("%+v", back)
	}
	var s Status
	if err := s.UnmarshalText([]byte("a word of a newer version")); err != nil || s != StatusUnknown {
		t.Errorf("%v %v", s, err)
	}
}

// broken is a kind that panics wherever it can.
type broken struct{}

func (broken) Resource() string                                     { return "x" }
func (broken) Premises(context.Context, Request) ([]Premise, error) { panic("premises") }
func (broken) Do(context.Context, Request) (Outcome, error)         { panic("do") }
func (broken) Status(context.Context, Request) (Status, error)      { panic("status") }

func TestAKindThatPanicsIsAPremiseThatFailsOrAnOutcomeThatNobodyKnows(t *testing.T) {
	if p := Look(t.Context(), broken{}, Request{}, FromServer); len(Failing(p)) != 1 {
		t.Errorf("%+v", p)
	}
	if e := Perform(t.Context(), broken{}, Request{}, time.Second); e.Progress != ProgressUnknown || e.Status != StatusUnknown {
		t.Errorf("%+v", e)
	}
	if e := Perform(t.Context(), broken{}, Request{Undo: true}, time.Second); e.Progress != ProgressFailed {
		t.Errorf("undo of a kind that has none: %+v", e)
	}
}

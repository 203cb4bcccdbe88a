package failover

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Names of the guard's own premises. Kinds have names of their own.
const (
	PremiseState     = "state"      // the service is bad, confirmed
	PremiseAge       = "result-age" // and a recent result says so
	PremiseSource    = "source"     // somebody who proved who they are says so
	PremiseConfirmed = "confirmed"  // so do other checks
	PremisePeers     = "peers"      // who takes over is well
	PremisePath      = "path"       // the host is not merely out of our sight
	PremiseDowntime  = "downtime"   // nobody works on it
	PremiseEarlier   = "earlier"    // no earlier request is in doubt
	PremiseBudget    = "budget"
	PremiseCooldown  = "cool-down"
	PremiseFreeze    = "freeze"
	PremiseJournal   = "journal"
	PremiseApproval  = "approval"
	PremiseProbe     = "probe"    // the probe that acts can be reached
	PremiseQueue     = "queue"    // there is room to act
	PremiseResource  = "resource" // nothing else changes the same thing
	PremiseLook      = "look"     // the kind could look at its own premises
	PremiseRequest   = "request"  // a probe takes it: it is new, young, and in its own file
)

// FromServer is Premise.From of what the server itself found.
const FromServer = "server"

// Budget is how often an action may run, over all hosts.
type Budget struct {
	Runs int           `yaml:"runs"` // at most so many starts
	Per  time.Duration `yaml:"per"`  // in so long
}

// Premise reports whether one more start fits. A start in the future (the clock
// was set back) counts: we rather do too little.
func (b Budget) Premise(now time.Time, starts []Start, from string) Premise {
	used, last := 0, now
	for _, s := range starts {
		if s.At.After(now.Add(-b.Per)) {
			used++
			last = s.At
		}
	}
	p := Premise{Name: PremiseBudget, Holds: used < b.Runs, From: from, At: last}
	p.Text = text.M("guard.budget", text.Int("used", used), text.Int("runs", b.Runs), text.Dur("per", b.Per))
	return p
}

// CooldownPremise reports whether the last start for the same host is long ago.
func CooldownPremise(now time.Time, cooldown time.Duration, host string, starts []Start, from string) Premise {
	p := Premise{Name: PremiseCooldown, Holds: true, From: from, At: now, Text: text.M("guard.cooldown.none", text.Str("host", host))}
	for _, s := range starts {
		if s.Host != host {
			continue
		}
		ago := now.Sub(s.At)
		p.At, p.Holds = s.At, p.Holds && ago >= cooldown
		p.Text = text.M("guard.cooldown", text.Str("host", host), text.Dur("ago", max(0, ago)), text.Dur("cooldown", cooldown))
	}
	return p
}

// FreezePremise reports whether actions may run at all.
func FreezePremise(now time.Time, f Freeze) Premise {
	if f.On() {
		return Premise{Name: PremiseFreeze, From: FromServer, At: f.At,
			Text: text.M("guard.frozen", text.Str("by", f.By), text.Time("since", f.At), text.Str("reason", f.Reason))}
	}
	return Premise{Name: PremiseFreeze, Holds: true, From: FromServer, At: now, Text: text.M("guard.not_frozen")}
}

// Sighting is what one service says now.
type Sighting struct {
	Service checks.Service
	Known   bool         // there is a result
	State   checks.State // of the last result
	Hard    bool         // State is confirmed
	At      time.Time    // of the last result
	Missed  bool         // results stay away
	From    string       // server, or probe HOST
	// Unauthenticated says that anybody in the network could have written it:
	// syslog, v1/v2c traps, mail replies.
	Unauthenticated bool
}

// bad reports whether it says that the service is as bad as worst, or worse.
func (s Sighting) bad(worst checks.State) bool {
	return s.Known && !s.Missed && s.State != checks.Unknown && s.State != checks.OK && !worst.Worse(s.State)
}

// well reports whether it says that all is well.
func (s Sighting) well() bool { return s.Known && !s.Missed && s.State == checks.OK }

func (s Sighting) fresh(now time.Time, maxAge time.Duration) bool {
	return s.Known && now.Sub(s.At) <= maxAge
}

// String writes it as one item of a list, in no language.
func (s Sighting) text(now time.Time) string {
	if !s.Known {
		return s.Service.String() + " –"
	}
	return s.Service.String() + " " + s.State.String() + " (" + s.From + ", " + strconv.Itoa(int(max(0, now.Sub(s.At)).Seconds())) + " s)"
}

// Needs is what must be seen before an action may run.
type Needs struct {
	Worst          checks.State  // the trigger is this bad or worse
	MaxAge         time.Duration // of each result
	AtLeast        int           // confirming checks that must say so
	PeersAtLeast   int           // peers that must be well
	NotInDowntime  bool
	IgnoreSighting bool // a person asks: what checks say is recorded, not required
}

// Facts is what was seen, at one moment.
type Facts struct {
	Now      time.Time
	Since    time.Time // a result from before is not the last word: a newer one is on its way
	Trigger  Sighting
	By       string // the person who asks; empty: a state
	Undo     bool   // to be taken back: the trigger must be well
	Confirm  []Sighting
	Peers    []Sighting
	Downtime bool     // the trigger's service is in downtime
	Behind   []string // hosts that it hangs behind, all of them down; empty: it can be seen
}

// Judge is the guard's look at what checks say; it is pure. It returns every
// premise, also those that hold, and whose newer result could still change one
// that fails.
func (n Needs) Judge(f Facts) (premises []Premise, ask []checks.Service) {
	j := &judgement{needs: n, Facts: f}
	if f.Undo {
		j.wellAgain()
		return j.premises, j.ask
	}
	if n.IgnoreSighting {
		j.add(Premise{Name: PremiseState, Holds: true, From: f.By, At: f.Now, Text: text.M("guard.state.person", text.Str("by", f.By))})
	} else {
		j.state()
		j.path()
		j.confirmed()
		j.source()
	}
	j.peers()
	if n.NotInDowntime {
		j.downtime()
	}
	return j.premises, j.ask
}

// judgement gathers premises.
type judgement struct {
	Facts
	needs    Needs
	premises []Premise
	ask      []checks.Service
}

func (j *judgement) add(p Premise) { j.premises = append(j.premises, p) }

// wait asks for a newer result when the present one is old news.
func (j *judgement) wait(s Sighting) {
	if !s.Known || s.At.Before(j.Since) || !s.fresh(j.Now, j.needs.MaxAge) {
		j.ask = append(j.ask, s.Service)
	}
}

func (j *judgement) sighted(name string, s Sighting, holds bool, says text.Message) {
	j.add(Premise{Name: name, Holds: holds, Text: says, From: s.From, At: s.At})
}

// state: the service is bad, confirmed, by a recent result.
func (j *judgement) state() {
	s := j.Trigger
	holds := s.bad(j.needs.Worst) && s.Hard
	j.sighted(PremiseState, s, holds, text.M("guard.state", text.Str("service", s.Service.String()), text.Str("state", s.State.String())))
	j.age(s)
}

func (j *judgement) age(s Sighting) {
	fresh := s.fresh(j.Now, j.needs.MaxAge) && !s.Missed
	j.sighted(PremiseAge, s, fresh, text.M("guard.age", text.Str("service", s.Service.String()), text.Dur("age", max(0, j.Now.Sub(s.At))), text.Dur("max", j.needs.MaxAge)))
	if !fresh {
		j.ask = append(j.ask, s.Service)
	}
}

// wellAgain: the service is OK, confirmed, by a recent result.
func (j *judgement) wellAgain() {
	s := j.Trigger
	if j.needs.IgnoreSighting {
		j.add(Premise{Name: PremiseState, Holds: true, From: j.By, At: j.Now, Text: text.M("guard.state.person", text.Str("by", j.By))})
		return
	}
	j.sighted(PremiseState, s, s.well() && s.Hard, text.M("guard.state", text.Str("service", s.Service.String()), text.Str("state", s.State.String())))
	j.age(s)
}

// path: when all that a host hangs behind is down, we cannot say how it is.
func (j *judgement) path() {
	p := Premise{Name: PremisePath, Holds: len(j.Behind) == 0, From: FromServer, At: j.Now, Text: text.M("guard.path")}
	if !p.Holds {
		p.Text = text.M("guard.path.down", text.Str("host", j.Trigger.Service.Host), text.Str("behind", strings.Join(j.Behind, ", ")))
	}
	j.add(p)
}

// confirmed: enough other checks say the same, recently.
func (j *judgement) confirmed() {
	if j.needs.AtLeast == 0 {
		return
	}
	var others []string
	said := 0
	for _, s := range j.Confirm {
		if s.bad(j.needs.Worst) && s.fresh(j.Now, j.needs.MaxAge) {
			said++
			j.sighted(PremiseConfirmed, s, true, text.M("guard.confirmed.by", text.Str("service", s.Service.String()), text.Str("state", s.State.String())))
			continue
		}
		others = append(others, s.text(j.Now))
	}
	enough := said >= j.needs.AtLeast
	p := Premise{Name: PremiseConfirmed, Holds: enough, From: FromServer, At: j.Now}
	p.Text = text.M("guard.confirmed", text.Int("said", said), text.Int("of", len(j.Confirm)), text.Int("want", j.needs.AtLeast), text.Str("others", orDash(others)))
	j.add(p)
	if !enough {
		for _, s := range j.Confirm {
			if !s.bad(j.needs.Worst) || !s.fresh(j.Now, j.needs.MaxAge) {
				j.wait(s)
			}
		}
	}
}

// peers: who is to take over is well.
func (j *judgement) peers() {
	if j.needs.PeersAtLeast == 0 {
		return
	}
	var others []string
	well := 0
	for _, s := range j.Peers {
		if s.well() && s.fresh(j.Now, j.needs.MaxAge) && !s.Unauthenticated {
			well++
			j.sighted(PremisePeers, s, true, text.M("guard.peer.well", text.Str("service", s.Service.String())))
			continue
		}
		others = append(others, s.text(j.Now))
	}
	enough := well >= j.needs.PeersAtLeast
	p := Premise{Name: PremisePeers, Holds: enough, From: FromServer, At: j.Now}
	p.Text = text.M("guard.peers", text.Int("well", well), text.Int("of", len(j.Peers)), text.Int("want", j.needs.PeersAtLeast), text.Str("others", orDash(others)))
	j.add(p)
	if !enough {
		for _, s := range j.Peers {
			j.wait(s)
		}
	}
}

// source: what came without authentication never suffices alone.
func (j *judgement) source() {
	saying := []Sighting{j.Trigger}
	for _, s := range j.Confirm {
		if s.bad(j.needs.Worst) && s.fresh(j.Now, j.needs.MaxAge) {
			saying = append(saying, s)
		}
	}
	i := slices.IndexFunc(saying, func(s Sighting) bool { return !s.Unauthenticated })
	if i < 0 {
		j.sighted(PremiseSource, j.Trigger, false, text.M("guard.source.unauthenticated"))
		return
	}
	j.sighted(PremiseSource, saying[i], true, text.M("guard.source", text.Str("service", saying[i].Service.String())))
}

func (j *judgement) downtime() {
	p := Premise{Name: PremiseDowntime, Holds: !j.Downtime, From: FromServer, At: j.Now, Text: text.M("guard.downtime.none", text.Str("host", j.Trigger.Service.Host))}
	if j.Downtime {
		p.Text = text.M("guard.downtime", text.Str("host", j.Trigger.Service.Host))
	}
	j.add(p)
}

func orDash(list []string) string {
	if len(list) == 0 {
		return "–"
	}
	return strings.Join(list, ", ")
}

// Failing are the premises that do not hold.
func Failing(premises []Premise) []Premise {
	var list []Premise
	for _, p := range premises {
		if !p.Holds {
			list = append(list, p)
		}
	}
	return list
}

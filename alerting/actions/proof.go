package actions

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Words says in which language and zone a proof is written.
type Words struct {
	Catalogue *text.Catalogue
	Lang      text.Lang
	Zone      *time.Location
}

func (w Words) say(m text.Message) string { return w.Catalogue.Render(w.Lang, w.Zone, m) }

func (w Words) clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(w.Zone).Format("2006-01-02 15:04:05.000 MST")
}

// WriteProof prints the chain of one request: what asked for it, every premise
// with its source and age, the decision, the start, the end and its
// verification, the measured stages; then that of the request that took it back.
// undo is nil when there is none.
func WriteProof(out io.Writer, w Words, r failover.Record, undo *failover.Record) error {
	p := &proof{words: w, out: tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)}
	p.chain(&r)
	if undo != nil {
		p.line("")
		p.chain(undo)
	}
	return p.out.Flush()
}

type proof struct {
	words Words
	out   *tabwriter.Writer
}

func (p *proof) line(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

func (p *proof) chain(r *failover.Record) {
	what := "action"
	if r.Request.Undo {
		what = "undo of action"
	}
	p.line("%s %s for %s\t%s", what, r.Request.Action, r.Request.Service.Host, r.Request.ID)
	p.trigger(r)
	p.premises(r)
	p.line("decision\t%s\t%s", p.words.say(r.Text), r.Progress)
	if r.ApprovedBy != "" {
		p.line("approved\t%s\tby %s", p.words.clock(r.Approved), r.ApprovedBy)
	}
	p.carriedOut(r)
	if !r.Closed.IsZero() {
		by := r.ClosedBy
		if by == "" {
			by = "the service is well, or it was taken back"
		}
		p.line("closed\t%s\t%s", p.words.clock(r.Closed), by)
	}
}

func (p *proof) trigger(r *failover.Record) {
	p.line("wanted\t%s\t%s", p.words.clock(r.Wanted), by(r))
	if t := r.Trigger; !t.Hard.IsZero() {
		p.line("trigger\t%s %s\t%s\tby %s", r.Request.Service, r.Request.State, p.words.say(t.Summary), t.From)
		p.line("\tfirst failure\t%s", p.words.clock(t.Failed))
		p.line("\tconfirmed\t%s", p.words.clock(t.Hard))
	}
	if r.Request.Incident != 0 {
		p.line("incident\t%d", r.Request.Incident)
	}
}

func by(r *failover.Record) string {
	if r.Request.By != "" {
		return "by " + r.Request.By
	}
	return "by a state"
}

func (p *proof) premises(r *failover.Record) {
	for i, one := range r.Premises {
		label, holds := "", "holds"
		if i == 0 {
			label = "premises"
		}
		if !one.Holds {
			holds = "FAILS"
		}
		p.line("%s\t%s %s\t%s\tby %s%s", label, holds, one.Name, p.words.say(one.Text), one.From, age(r, one))
	}
}

// age is how old a premise was when the action was started, or refused.
func age(r *failover.Record, one failover.Premise) string {
	at := r.Started
	if at.IsZero() {
		at = newest(r.Premises)
	}
	if d := at.Sub(one.At); d >= time.Millisecond {
		return ", " + d.Round(time.Millisecond).String() + " old"
	}
	return ""
}

func newest(premises []failover.Premise) (at time.Time) {
	for _, one := range premises {
		if one.At.After(at) {
			at = one.At
		}
	}
	return at
}

func (p *proof) carriedOut(r *failover.Record) {
	if r.Started.IsZero() {
		return
	}
	where := "on the server"
	if r.Probe != "" {
		where = "by the probe of " + r.Probe + ", as " + r.RemoteName
	}
	p.line("start\t%s\t%s, deadline %s", p.words.clock(r.Started), where, r.Deadline)
	if r.Ended.IsZero() {
		p.line("end\tnot known yet")
		return
	}
	o := r.Outcome
	verified := "not verified"
	if o.Verified {
		verified = "verified"
	}
	p.line("end\t%s\t%s, %s, status %s", p.words.clock(r.Ended), r.Progress, verified, r.Status)
	if r.Kind != "" && (o.ExitCode != 0 || o.Signal != "" || o.TimedOut || len(o.Output) > 0) {
		p.line("program\texit code %d%s", o.ExitCode, how(o))
	}
	if r.Error != "" {
		p.line("error\t%s", oneLine(r.Error))
	}
	if !o.Detail.IsZero() {
		p.line("detail\t%s", oneLine(p.words.say(o.Detail)))
	}
	for line := range strings.Lines(string(o.Output)) {
		p.line("output\t%s", oneLine(line))
	}
	if o.Dropped > 0 {
		p.line("output\t(%d bytes more)", o.Dropped)
	}
	if !r.Request.Undo {
		p.line("stages\tdetect %s, decide %s, act %s", r.Detect().Round(time.Millisecond), r.Decide().Round(time.Millisecond), r.Act().Round(time.Millisecond))
	}
}

func how(o failover.Outcome) string {
	switch {
	case o.TimedOut:
		return ", ended by its deadline"
	case o.Signal != "":
		return ", ended by signal " + o.Signal
	}
	return ""
}

// oneLine keeps what a program printed from moving the reader's cursor.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.TrimRight(s, "\r\n"))
}

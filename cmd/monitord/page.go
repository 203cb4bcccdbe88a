package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
)

// pageCmd says who would be told, from the configuration alone.
type pageCmd struct {
	Simulate bool     `required:"" help:"Print who would be told when, minute by minute; nobody is told."`
	Config   string   `help:"Configuration file or directory; without one the embedded default." placeholder:"FILE|DIR"`
	JSON     bool     `help:"Print JSON."`
	Facts    []string `arg:"" help:"host=NAME state=warning|critical|unknown [check=NAME[ITEM]] [at=03:00|'2026-11-30 03:00'] [for=12h]" name:"fact"`
}

// Help is the end of --help.
func (pageCmd) Help() string {
	return `Example: monitord page --simulate host=db1 check=sql state=critical at=03:00 --config /etc/monitord
The plan holds while nobody takes the problem and each hand-over is confirmed; the storm cap is left out.`
}

// Run needs no running server.
func (c pageCmd) Run(e *env) error {
	inv, err := readInventory(c.Config, nil)
	if err != nil {
		return err
	}
	question, err := readFacts(inv, c.Facts, time.Now())
	if err != nil {
		return err
	}
	esc, plan := oncall.Simulate(inv, question.Case)
	told := question.judged == nil || question.judged.Judge.NotifyOn.Has(inventory.OfState(question.State))
	if !told {
		plan = nil
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(planJSON(question, esc, plan))
	}
	switch {
	case !told:
		_, err = fmt.Fprintf(e.stdout, "nobody: notify_on of %s leaves out %s\n", question.Service, strings.ToLower(question.State.String()))
	case esc == nil:
		_, err = fmt.Fprintf(e.stdout, "nobody: no escalation fits %s in state %s at that time\n", question.Service, question.State)
	default:
		err = writePlan(e.stdout, question, esc, plan)
	}
	return err
}

// simulated is what is asked.
type simulated struct {
	oncall.Case
	zone   *time.Location
	judged *inventory.Check // nil when the host has no such check
}

// readFacts reads key=value words.
func readFacts(inv *inventory.Inventory, words []string, now time.Time) (simulated, error) {
	facts := map[string]string{"for": "12h"}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok || !slices.Contains([]string{"host", "check", "state", "at", "for"}, key) {
			return simulated{}, fmt.Errorf("%q: want host=, check=, state=, at= or for=, such as host=db1 state=critical at=03:00", w)
		}
		facts[key] = value
	}
	q := simulated{zone: inv.Zone}
	host, ok := inv.Host(facts["host"])
	if !ok {
		return q, fmt.Errorf("host=%s: there is no such host in the configuration", facts["host"])
	}
	var faults []error
	var err error
	if q.Service, err = checks.ParseService(host.Name + "/" + checkOf(host, facts["check"])); err != nil {
		faults = append(faults, fmt.Errorf("check=%s: %w", facts["check"], err))
	}
	if q.State, err = checks.ParseState(strings.ToUpper(facts["state"])); err != nil || q.State == checks.OK {
		faults = append(faults, fmt.Errorf("state=%s: want warning, critical or unknown", facts["state"]))
	}
	if q.At, err = readMoment(facts["at"], inv.Zone, now); err != nil {
		faults = append(faults, err)
	}
	if q.For, err = config.ParseDuration(facts["for"]); err != nil || q.For <= 0 {
		faults = append(faults, fmt.Errorf("for=%s: want a time such as 12h", facts["for"]))
	}
	for i := range host.Checks {
		if host.Checks[i].Name == q.Service.Check {
			q.judged, q.Period = &host.Checks[i], host.Checks[i].Judge.NotifyPeriod
		}
	}
	if q.judged == nil && facts["check"] != "" {
		faults = append(faults, fmt.Errorf("check=%s: host %s has no such check", facts["check"], host.Name))
	}
	return q, errors.Join(faults...)
}

// checkOf is the check asked about: without one, that which says whether the
// host is up.
func checkOf(host *inventory.Host, asked string) string {
	switch {
	case asked != "":
		return asked
	case host.Alive != "":
		return host.Alive
	}
	return "any"
}

// readMoment reads a time of day, which is the next one, or a date with a time.
func readMoment(s string, zone *time.Location, now time.Time) (time.Time, error) {
	if s == "" {
		return now.Truncate(time.Second), nil
	}
	if at, err := time.ParseInLocation("2006-01-02 15:04", s, zone); err == nil {
		return at, nil
	}
	clock, err := time.Parse("15:04", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("at=%s: want a time such as 03:00 or '2026-11-30 03:00'", s)
	}
	now = now.In(zone)
	at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
	if at.Before(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), 0, 0, zone)
	}
	return at, nil
}

var absences = map[oncall.Absence]string{
	oncall.OutsideHours: "not told: outside of the hours",
	oncall.NoChannel:    "not told: has no channel of that kind",
}

func writePlan(w io.Writer, q simulated, esc *inventory.Escalation, plan []oncall.Planned) error {
	fmt.Fprintf(w, "%s %s, confirmed %s, while nobody takes it and each hand-over is confirmed\nescalation: %s\n\n",
		q.Service, q.State, q.At.In(q.zone).Format("2006-01-02 15:04 MST"), esc.Name)
	if len(plan) == 0 {
		_, err := fmt.Fprintf(w, "nobody within %s\n", config.FormatDuration(q.For))
		return err
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "TIME\tAFTER\tSTEP\tROUND\tWHO\tCHANNEL\tTO")
	for _, p := range plan {
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t", p.At.In(q.zone).Format("15:04:05"), config.FormatDuration(p.At.Sub(q.At).Truncate(time.Second)), p.Step, p.Round)
		if p.Absent != nil {
			fmt.Fprintf(out, "%s\t-\t%s\n", p.Absent.Contact, absences[p.Absent.Why])
		} else {
			fmt.Fprintf(out, "%s\t%s\t%s\n", p.Recipient.Contact.Name, p.Recipient.Channel.Kind, p.Recipient.Channel.To)
		}
	}
	return out.Flush()
}

// plannedJSON is one line of the plan.
type plannedJSON struct {
	At      time.Time `json:"at"`
	After   float64   `json:"after_seconds"`
	Step    int       `json:"step"`
	Round   int       `json:"round"`
	Contact string    `json:"contact"`
	Channel string    `json:"channel,omitempty"`
	To      string    `json:"to,omitempty"`
	NotTold string    `json:"not_told,omitempty"` // hours or channel
}

func planJSON(q simulated, esc *inventory.Escalation, plan []oncall.Planned) any {
	lines := make([]plannedJSON, 0, len(plan))
	for _, p := range plan {
		l := plannedJSON{At: p.At, After: p.At.Sub(q.At).Seconds(), Step: p.Step, Round: p.Round}
		if p.Absent != nil {
			l.Contact, l.NotTold = p.Absent.Contact, string(p.Absent.Why)
		} else {
			l.Contact, l.Channel, l.To = p.Recipient.Contact.Name, p.Recipient.Channel.Kind, p.Recipient.Channel.To
		}
		lines = append(lines, l)
	}
	answer := map[string]any{"service": q.Service.String(), "state": q.State.String(), "plan": lines}
	if esc != nil {
		answer["escalation"] = esc.Name
	}
	return answer
}

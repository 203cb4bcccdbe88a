package dashboards

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// What names what a downtime is for.
func (d Downtime) What() string {
	switch {
	case d.Host != "":
		return d.Host
	case d.Group != "":
		return d.Group + "/*"
	}
	return d.Service.String()
}

// downtimesData is the page of all downtimes and the form for a new one.
type downtimesData struct {
	Says      string
	Running   []downtimeRow
	Coming    []downtimeRow
	Recurring []downtimeRow
	Ended     []downtimeRow
	CanAdd    bool
	CanCancel bool
	Form      downtimeForm
	Hosts     []string
	Groups    []string
	Zone      string
	Rules     []ruleChoice
	Example   string // a rule as RFC 5545 writes it
}

type downtimeRow struct {
	ID       int64
	What     string
	URL      string
	From, To string
	When     string // the rule, or between which it may begin
	Left     string // of a running one
	Who      string
	Reason   string
}

// downtimeForm is the form as it was filled in.
type downtimeForm struct {
	Host, Check, Item, Group, Start, End, Minutes, Rule, Reason string
	Flexible                                                    bool
	Fault                                                       string
}

type ruleChoice struct{ Value, Word string }

// ruleWords are the recurrences that the form offers by name.
var ruleWords = []struct{ rule, word string }{
	{"FREQ=DAILY", "daily"}, {"FREQ=WEEKLY", "weekly"}, {"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "workdays"}, {"FREQ=MONTHLY", "monthly"},
}

func (p *Pages) downtimes(w http.ResponseWriter, r *http.Request) {
	if p.Downtimes == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "downtimes")
	start := v.Now.In(v.Zone).Truncate(time.Minute)
	p.showDowntimes(w, r, v, http.StatusOK, downtimeForm{
		Host: r.FormValue("host"), Check: r.FormValue("check"), Item: r.FormValue("item"), Group: r.FormValue("group"),
		Start: start.Format(localTime), End: start.Add(time.Hour).Format(localTime), Minutes: "60",
	})
}

// localTime is how a browser's field for a moment writes it, in the zone of the
// configuration.
const localTime = "2006-01-02T15:04"

func (p *Pages) showDowntimes(w http.ResponseWriter, r *http.Request, v *view, status int, form downtimeForm) {
	v.Title = v.say(text.M("page.downtimes.title"))
	rows, k := v.rows()
	v.strip(rows)
	list, err := p.Downtimes(r.Context())
	if err != nil {
		v.fail("downtimes", err)
	}
	d := downtimesData{Form: form, Hosts: k.hosts[:min(len(k.hosts), 2000)], Zone: v.Zone.String(), Example: "FREQ=WEEKLY;BYDAY=SU"}
	d.CanAdd, d.CanCancel = v.CanWrite && p.AddDowntime != nil, v.CanWrite && p.CancelDowntime != nil
	d.Groups = k.groups[:min(len(k.groups), 2000)]
	for _, c := range ruleWords {
		d.Rules = append(d.Rules, ruleChoice{c.rule, v.say(text.Message{ID: "page.downtime.rule." + c.word})})
	}
	if form.Rule != "" && !slices.ContainsFunc(d.Rules, func(c ruleChoice) bool { return c.Value == form.Rule }) {
		d.Rules = append(d.Rules, ruleChoice{form.Rule, cut(form.Rule, 80)})
	}
	slices.SortStableFunc(list, func(a, b Downtime) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	for _, one := range list {
		d.sort(one, v.downtimeRow(one))
	}
	slices.Reverse(d.Ended)
	d.Ended = d.Ended[:min(len(d.Ended), 20)]
	d.Says = v.say(downtimesSay(&d))
	v.Data = d
	v.render(w, "downtimes.html", status)
}

func (d *downtimesData) sort(one Downtime, row downtimeRow) {
	switch {
	case !one.Ended.IsZero():
		d.Ended = append(d.Ended, row)
	case one.Running:
		d.Running = append(d.Running, row)
	case one.Rule != "":
		d.Recurring = append(d.Recurring, row)
	default:
		d.Coming = append(d.Coming, row)
	}
}

func downtimesSay(d *downtimesData) text.Message {
	running, coming := len(d.Running), len(d.Coming)+len(d.Recurring)
	switch {
	case running > 0:
		return text.M("page.downtimes.running", text.Int("n", running), text.Int("coming", coming))
	case coming > 0:
		return text.M("page.downtimes.coming", text.Int("n", coming))
	}
	return text.M("page.downtimes.none")
}

func (v *view) downtimeRow(d Downtime) downtimeRow {
	row := downtimeRow{ID: d.ID, What: cut(d.What(), 120), Who: cut(d.Who, 40), Reason: cut(d.Reason, 300)}
	row.From, row.To = v.clockShort(d.Start), v.clockShort(d.End)
	switch {
	case d.Host != "":
		row.URL = hostURL(d.Host)
	case d.Group != "":
		row.URL = "/services?q=" + url.QueryEscape(d.Group)
	default:
		row.URL = hostURL(d.Service.Host)
	}
	if d.Running && d.End.After(v.Now) {
		row.Left = text.FormatDur(v.Lang, roundLeft(d.End.Sub(v.Now)))
	}
	if !d.Ended.IsZero() {
		row.To = v.clockShort(d.Ended)
	}
	switch {
	case d.Rule != "":
		row.When = v.ruleSays(d.Rule)
	case d.Flexible && !d.Running:
		row.When = v.say(text.M("page.downtime.flexible_says", text.Dur("span", d.Duration)))
	}
	return row
}

// roundLeft keeps a countdown from showing seconds while they mean nothing.
func roundLeft(d time.Duration) time.Duration {
	if d > 10*time.Minute {
		return d.Round(time.Minute)
	}
	return d.Round(time.Second)
}

// weekdays are the days of RFC 5545's BYDAY.
var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// ruleSays is a recurrence in words, when it is one that the form offers or
// certain days of each week; other rules are shown as they are written.
func (v *view) ruleSays(rule string) string {
	for _, c := range ruleWords {
		if c.rule == rule {
			return v.say(text.Message{ID: "page.downtime.rule." + c.word})
		}
	}
	list, ok := strings.CutPrefix(rule, "FREQ=WEEKLY;BYDAY=")
	var days []string
	for day := range strings.SplitSeq(list, ",") {
		ok = ok && slices.Contains(weekdays, day)
		days = append(days, v.say(text.Message{ID: "page.day." + day}))
	}
	if ok {
		return v.say(text.M("page.downtime.rule.days", text.Str("days", strings.Join(days, v.say(text.M("page.day.and"))))))
	}
	return cut(rule, 120)
}

// addDowntime plans a downtime from the form.
func (p *Pages) addDowntime(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "downtimes")
	if !p.mayWrite(w, r, v) {
		return
	}
	if p.AddDowntime == nil || p.Downtimes == nil {
		p.notFound(w, r)
		return
	}
	f := downtimeForm{
		Host: r.PostFormValue("host"), Check: r.PostFormValue("check"), Item: r.PostFormValue("item"), Group: r.PostFormValue("group"),
		Start: r.PostFormValue("start"), End: r.PostFormValue("end"), Minutes: r.PostFormValue("minutes"), Flexible: r.PostFormValue("flexible") != "",
		Rule: strings.TrimSpace(cmp.Or(r.PostFormValue("rule_text"), r.PostFormValue("rule"))), Reason: cut(r.PostFormValue("reason"), maxReason),
	}
	form, wrong := f.read(v)
	if wrong == "" {
		_, err := p.AddDowntime(r.Context(), form)
		if err == nil {
			http.Redirect(w, r, "/downtimes", http.StatusSeeOther)
			return
		}
		if !errors.Is(err, ErrRefused) {
			p.done(w, r, v, err, "page.downtime.failed")
			return
		}
		f.Fault = v.say(text.M("page.refused.because", text.Str("why", cut(err.Error(), 300))))
	} else {
		f.Fault = v.say(text.Message{ID: "page.downtime.wrong." + wrong})
	}
	p.showDowntimes(w, r, v, http.StatusUnprocessableEntity, f)
}

// read understands the form; wrong names what is not right with it.
func (f *downtimeForm) read(v *view) (form DowntimeForm, wrong string) {
	form = DowntimeForm{Who: v.Who, Rule: f.Rule, Reason: f.Reason, Flexible: f.Flexible && f.Rule == ""}
	switch {
	case f.Host == "" && f.Group != "":
		form.Group = f.Group
	case f.Host == "" || f.Group != "":
		return form, "what"
	case f.Check != "":
		form.Service = checks.Service{Host: f.Host, Check: f.Check, Item: f.Item}
	default:
		form.Host = f.Host
	}
	var bad1, bad2 error
	form.Start, bad1 = time.ParseInLocation(localTime, f.Start, v.Zone)
	form.End, bad2 = time.ParseInLocation(localTime, f.End, v.Zone)
	switch {
	case bad1 != nil || bad2 != nil:
		return form, "time"
	case !form.End.After(form.Start):
		return form, "order"
	case form.Rule == "" && !form.End.After(v.Now):
		return form, "past"
	}
	if form.Rule != "" {
		form.Duration = form.End.Sub(form.Start)
	}
	if form.Flexible {
		n, err := strconv.Atoi(f.Minutes)
		if err != nil || n < 1 || n > 60*24*31 {
			return form, "minutes"
		}
		form.Duration = time.Duration(n) * time.Minute
	}
	return form, ""
}

// cancelDowntime ends one, or calls it off.
func (p *Pages) cancelDowntime(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "downtimes")
	if !p.mayWrite(w, r, v) {
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || p.CancelDowntime == nil {
		p.notFound(w, r)
		return
	}
	p.done(w, r, v, p.CancelDowntime(r.Context(), id, v.Who), "page.downtime.failed")
}

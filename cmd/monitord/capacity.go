package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// capacityCmd lists the limits of the fleet.
type capacityCmd struct {
	dataFlag
	Host string `help:"Only of this host."`
	JSON bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (capacityCmd) Help() string {
	return `Example:

    monitord capacity --host db1

REACHED is the even chance, EARLIEST one chance in ten, LATEST nine in ten. ORDER BY is the earliest date less the lead time of trends.lead.`
}

// capacityAnswer is what the server answers.
type capacityAnswer struct {
	Limits []struct {
		Host, Item, Unit string
		Now, Limit       float64
		Enough, Reached  bool
		P10, P50, P90    *time.Time
		OrderBy          *time.Time `json:"order_by"`
	}
	Left int
}

// Run asks the running server and prints a table.
func (c capacityCmd) Run(e *env) error {
	form := url.Values{}
	if c.Host != "" {
		form.Set("host", c.Host)
	}
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodGet, "/api/monitord/capacity", form, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.stdout.Write(raw)
		return err
	}
	var a capacityAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	words := capacityWords(shellLanguage())
	if err := writeTable(e.stdout, words.table(a)); err != nil {
		return err
	}
	switch {
	case len(a.Limits) == 0 && c.Host != "":
		fmt.Fprintln(e.stderr, words.say("none_of", text.Str("host", c.Host)))
	case len(a.Limits) == 0:
		fmt.Fprintln(e.stderr, words.say("none"))
	}
	if a.Left > 0 {
		fmt.Fprintln(e.stderr, words.say("left", text.Num("n", float64(a.Left))))
	}
	return nil
}

// capacityWords are the words of the table in a language.
type capacityWords text.Lang

func (w capacityWords) say(word string, args ...text.Arg) string {
	return text.Default().Render(text.Lang(w), time.Local, text.M("cli.capacity."+word, args...))
}

// table has a row for each limit below the names of the columns.
func (w capacityWords) table(a capacityAnswer) [][]string {
	var head []string
	for _, word := range []string{"host", "what", "now", "limit", "reached", "earliest", "latest", "order"} {
		head = append(head, w.say(word))
	}
	rows := [][]string{head}
	for _, l := range a.Limits {
		unit := trendwatch.Unit(l.Unit)
		reached, earliest, latest := w.dayOf(l.P50), w.dayOf(l.P10), w.dayOf(l.P90)
		switch {
		case !l.Enough:
			reached, earliest, latest = w.say("little"), "-", "-"
		case l.Reached:
			reached, earliest, latest = w.say("is_reached"), "-", "-"
		}
		rows = append(rows, []string{l.Host, l.Item, w.amount(unit, l.Now), w.amount(unit, l.Limit), reached, earliest, latest, orderDay(l.OrderBy)})
	}
	return rows
}

func (w capacityWords) amount(u trendwatch.Unit, v float64) string {
	a := u.Arg("v", v)
	if a.Msg != nil {
		return text.Default().Render(text.Lang(w), time.Local, *a.Msg)
	}
	return text.FormatArg(text.Lang(w), time.Local, a)
}

func (w capacityWords) dayOf(t *time.Time) string {
	if t == nil {
		return w.say("far")
	}
	return t.Local().Format("2006-01-02 15:04")
}

// orderDay is empty where nothing is to be ordered.
func orderDay(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02")
}

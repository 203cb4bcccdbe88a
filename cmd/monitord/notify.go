package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// notifyCmd groups the verbs about telling.
type notifyCmd struct {
	Test notifyTestCmd `cmd:"" help:"Send a contact a test by each of its channels, and print what the peers answer."`
}

// notifyTestCmd tests the channels of a contact.
type notifyTestCmd struct {
	dataFlag
	Contact string `arg:"" help:"Name of a contact."`
	Channel string `help:"Only channels of this kind, such as mail or phone." placeholder:"KIND"`
	JSON    bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (notifyTestCmd) Help() string { return "Example: monitord notify test noc --channel mail" }

// tested is how the test of one channel went.
type tested struct {
	Channel string        `json:"channel"`
	To      string        `json:"to"`
	Took    time.Duration `json:"took_ns"`
	Answer  string        `json:"answer,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// Run asks the running server; it fails when a channel did.
func (c notifyTestCmd) Run(e *env) error {
	var list []tested
	if err := c.ask(e.ctx, http.MethodPost, "/notify/test", url.Values{"contact": {c.Contact}, "channel": {c.Channel}}, &list); err != nil {
		return err
	}
	failed := slices.ContainsFunc(list, func(t tested) bool { return t.Error != "" })
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(list); err != nil {
			return err
		}
	} else {
		out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
		for _, t := range list {
			how := "ok: " + t.Answer
			if t.Error != "" {
				how = "FAILED: " + t.Error
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", t.Channel, t.To, t.Took.Round(time.Millisecond), how)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	if failed {
		return exitCode(exitFailure)
	}
	return nil
}

// testWithin bounds the test of one channel: a phone rings for a while.
const testWithin = 2 * time.Minute

// notifyTest serves the control socket's test of channels.
func (s *server) notifyTest(w http.ResponseWriter, r *http.Request) {
	contact, ok := s.current().inventory.Contact(r.FormValue("contact"))
	if !ok {
		http.Error(w, fmt.Sprintf("there is no contact %q", r.FormValue("contact")), http.StatusNotFound)
		return
	}
	list := []tested{}
	for _, ch := range contact.Channels {
		if kind := r.FormValue("channel"); kind == "" || kind == ch.Kind {
			list = append(list, s.testChannel(r.Context(), contact, ch))
		}
	}
	if len(list) == 0 {
		http.Error(w, fmt.Sprintf("contact %s has no channel of kind %q", contact.Name, r.FormValue("channel")), http.StatusNotFound)
		return
	}
	answerJSON(w, list)
}

func (s *server) testChannel(ctx context.Context, c *inventory.Contact, ch inventory.Channel) tested {
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	begun := time.Now()
	t := tested{Channel: ch.Kind, To: ch.To}
	answer, err := s.sendTest(ctx, oncall.Recipient{Contact: c, Channel: ch}, begun)
	t.Answer, t.Took = answer, time.Since(begun)
	if passed, ok := errors.AsType[notify.Passed](err); ok {
		t.Answer, err = passed.Answer, nil
	}
	if err != nil {
		t.Error = err.Error()
	}
	return t
}

// sendTest hands over a message that is about no incident.
func (s *server) sendTest(ctx context.Context, r oncall.Recipient, now time.Time) (string, error) {
	channel := s.channels.get(r.Channel.Kind)
	if channel == nil {
		return "", fmt.Errorf("channel %s is not configured: add its section and reload", r.Channel.Kind)
	}
	id := fmt.Sprintf("test.%d", now.UnixNano())
	return channel.Send(ctx, notify.Notification{Message: alerting.Message{
		ID: id, Thread: id, Kind: alerting.KindProblem, Contact: r.Contact.Name, Channel: r.Channel.Kind, To: r.Channel.To,
		Form: r.Channel.Form, Language: r.Contact.Language, Zone: r.Contact.Zone.String(), Due: now, Queued: now,
		Notice: alerting.Notice{
			Service: checks.Service{Host: s.ownHost(), Check: "test"}, State: checks.Warning, Worst: checks.Warning,
			Summary: text.M("notify.test"), Since: now, Opened: now, Attempts: 1,
		},
	}})
}

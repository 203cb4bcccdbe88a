package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/failover"
	"monitord/internal/text"
)

// actionCmd groups the verbs about actions on states.
type actionCmd struct {
	List     actionListCmd     `cmd:"" help:"List what was asked for, the newest first."`
	Run      actionRunCmd      `cmd:"" help:"Ask for an action by hand; its premises still count."`
	Approve  actionApproveCmd  `cmd:"" help:"Approve a request that waits, as a second person."`
	Freeze   actionFreezeCmd   `cmd:"" help:"Stop all actions, until unfreeze."`
	Unfreeze actionUnfreezeCmd `cmd:"" help:"Let actions run again."`
	Rearm    actionRearmCmd    `cmd:"" help:"Let an action be asked for again, after you have looked at what became of the last request."`
}

// langFlag is the language of sentences.
type langFlag struct {
	Lang string `default:"en" enum:"en,ja" help:"Language of the sentences: en or ja."`
}

func (l langFlag) words() actions.Words {
	return actions.Words{Catalogue: text.Default(), Lang: text.Lang(l.Lang), Zone: time.Local}
}

// actionListCmd lists requests.
type actionListCmd struct {
	dataFlag
	langFlag
	Action string        `help:"Only of this action."`
	Host   string        `help:"Only for this host."`
	Since  time.Duration `help:"Only of the last so long." placeholder:"SPAN"`
	JSON   bool          `help:"Print JSON."`
}

// Help is the end of --help.
func (actionListCmd) Help() string { return "Example: monitord action list --host web1 --since 24h" }

// Run asks the running server.
func (c actionListCmd) Run(e *env) error {
	form := url.Values{"action": {c.Action}, "host": {c.Host}}
	if c.Since > 0 {
		form.Set("since", time.Now().Add(-c.Since).Format(time.RFC3339))
	}
	var list []failover.Record
	if err := c.ask(e.ctx, http.MethodGet, "/actions", form, &list); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(list)
	}
	words := c.words()
	out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Wanted.Local().Format("2006-01-02 15:04:05"), r.Request.ID, r.Request.Service,
			r.Progress, words.Catalogue.Render(words.Lang, words.Zone, r.Text), r.Request.By)
	}
	return out.Flush()
}

// actionRunCmd asks for an action.
type actionRunCmd struct {
	dataFlag
	byFlag
	langFlag
	Action  string `arg:"" help:"Name in the configuration."`
	Service string `required:"" help:"Service whose host is acted for, such as web1/http."`
	DryRun  bool   `help:"Look at the premises and record them; do nothing."`
	Undo    bool   `help:"Take back what was done."`
}

// Help is the end of --help.
func (actionRunCmd) Help() string {
	return "Example: monitord action run balance --service web1/http --dry-run\nExit code 0: done, or (with --dry-run) every premise holds; 1: anything else."
}

// Run asks the running server and waits for the end.
func (c actionRunCmd) Run(e *env) error {
	form := url.Values{"action": {c.Action}, "service": {c.Service}, "by": {c.who()}, "dry_run": {fmt.Sprint(c.DryRun)}, "undo": {fmt.Sprint(c.Undo)}}
	var r failover.Record
	if err := c.ask(e.ctx, http.MethodPost, "/actions/run", form, &r); err != nil {
		return err
	}
	r, err := c.await(e.ctx, r)
	if err != nil {
		return err
	}
	if err := actions.WriteProof(e.stdout, c.words(), r, nil); err != nil {
		return err
	}
	if r.Progress != failover.ProgressDone && r.Progress != failover.ProgressTried {
		return exitCode(exitFailure)
	}
	return nil
}

// await looks at a request until it has ended, waits for approval, or should
// have ended.
func (d dataFlag) await(ctx context.Context, r failover.Record) (failover.Record, error) {
	end := time.NewTimer(2*r.Deadline + 30*time.Second)
	defer end.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for !r.Progress.Final() && r.Progress != failover.ProgressWaiting {
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-end.C:
			return r, nil
		case <-look.C:
		}
		fresh, err := d.request(ctx, r.Request.ID)
		if err != nil {
			return r, err
		}
		r = fresh
	}
	return r, nil
}

func (d dataFlag) request(ctx context.Context, id string) (failover.Record, error) {
	var list []failover.Record
	if err := d.ask(ctx, http.MethodGet, "/actions", url.Values{"id": {id}}, &list); err != nil {
		return failover.Record{}, err
	}
	if len(list) == 0 {
		return failover.Record{}, fmt.Errorf("there is no request %s", id)
	}
	return list[0], nil
}

// actionApproveCmd approves.
type actionApproveCmd struct {
	dataFlag
	byFlag
	ID string `arg:"" help:"ID of the request, as list shows it."`
}

// Run asks the running server.
func (c actionApproveCmd) Run(e *env) error {
	var id string
	if err := c.ask(e.ctx, http.MethodPost, "/actions/approve", url.Values{"id": {c.ID}, "by": {c.who()}}, &id); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%s: approved\n", id)
	return err
}

// actionFreezeCmd stops all actions.
type actionFreezeCmd struct {
	dataFlag
	byFlag
	Reason string `short:"m" help:"Why; it is on the wall."`
}

// Run asks the running server.
func (c actionFreezeCmd) Run(e *env) error {
	var f failover.Freeze
	if err := c.ask(e.ctx, http.MethodPost, "/actions/freeze", url.Values{"by": {c.who()}, "reason": {c.Reason}}, &f); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "all actions are frozen by %s\n", f.By)
	return err
}

// actionUnfreezeCmd lets actions run again.
type actionUnfreezeCmd struct {
	dataFlag
	byFlag
}

// Run asks the running server.
func (c actionUnfreezeCmd) Run(e *env) error {
	var f failover.Freeze
	if err := c.ask(e.ctx, http.MethodPost, "/actions/unfreeze", url.Values{"by": {c.who()}}, &f); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "actions run again")
	return err
}

// actionRearmCmd re-arms.
type actionRearmCmd struct {
	dataFlag
	byFlag
	Action string `arg:"" help:"Name in the configuration."`
	Host   string `required:"" help:"Host that it acts for."`
}

// Run asks the running server.
func (c actionRearmCmd) Run(e *env) error {
	var host string
	if err := c.ask(e.ctx, http.MethodPost, "/actions/rearm", url.Values{"action": {c.Action}, "host": {c.Host}, "by": {c.who()}}, &host); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%s may be asked for again for %s\n", c.Action, host)
	return err
}

// proofCmd prints the chain of a request.
type proofCmd struct {
	dataFlag
	langFlag
	Action string `arg:"" help:"Name in the configuration."`
	ID     string `arg:"" optional:"" help:"ID of a request; without one, the newest."`
	JSON   bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (proofCmd) Help() string { return "Example: monitord proof balance" }

// Run asks the running server.
func (c proofCmd) Run(e *env) error {
	var list []failover.Record
	if err := c.ask(e.ctx, http.MethodGet, "/actions", url.Values{"action": {c.Action}, "id": {c.ID}}, &list); err != nil {
		return err
	}
	r, undo := pick(list)
	if r == nil {
		return fmt.Errorf("action %s was never asked for", c.Action)
	}
	if r.Undone != "" && undo == nil {
		got, err := c.request(e.ctx, r.Undone)
		if err != nil {
			return err
		}
		undo = &got
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(map[string]*failover.Record{"request": r, "undo": undo})
	}
	return actions.WriteProof(e.stdout, c.words(), *r, undo)
}

// pick finds the newest request, and the one that takes it back.
func pick(list []failover.Record) (r, undo *failover.Record) {
	for i := range list {
		if !list[i].Request.Undo {
			r = &list[i]
			break
		}
	}
	if r == nil && len(list) > 0 {
		return &list[0], nil // an undo was asked for by its ID
	}
	for i := range list {
		if r != nil && list[i].UndoOf == r.Request.ID {
			undo = &list[i]
		}
	}
	return r, undo
}

//go:build accept

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/accept"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

// saidList explains each service that is not OK, AGENT/CHECK/ITEM/STATE with _ for
// / in names: what the device says itself.
const saidList = "testdata/snmpstates.listed"

// A device that was discovered a minute ago is quiet, but for what it says of
// itself: each recorded agent is discovered, and every service of the
// configuration that this writes is run twice, a minute apart. What is not OK must
// stand in saidList, and what stands there must be so.
func TestAcceptSNMPStates(t *testing.T) {
	dir, err := accept.Data("snmp")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	recordings, err := filepath.Glob(filepath.Join(dir, "snmprec", "*.snmprec"))
	if err != nil || len(recordings) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	replay := filepath.Join(t.TempDir(), "snmpreplay")
	testproc.Run(t, testproc.Command{Path: "go", Args: []string{"build", "-buildvcs=false", "-o", replay, "."}, Dir: filepath.Join(dir, "..", "..", "tools", "snmpreplay"),
		Env: []string{"GOFLAGS=-mod=mod", "CGO_ENABLED=0"}, Apt: "golang"})
	said, err := accept.ReadListed(saidList)
	if err != nil {
		t.Fatal(err)
	}
	a := &alarms{Count: &accept.Count{Set: "snmp-states", W: os.Stdout}, said: said, used: map[string]bool{}}
	for _, file := range recordings {
		a.agent(t, strings.TrimSuffix(filepath.Base(file), ".snmprec"), replay, file)
	}
	for _, s := range a.said {
		if !a.used[s.Pattern] {
			a.Fail("%s: %q explains nothing any more", saidList, s.Pattern)
		}
	}
	a.table(os.Stdout)
	os.Stdout.WriteString(a.Line() + "\n")
	if a.Failed > 0 || a.Passed < 10*len(recordings) {
		t.Error(a.Line())
	}
}

// alarms are the services that are not OK.
type alarms struct {
	*accept.Count
	said []accept.Listed
	used map[string]bool // patterns
	rows [][]string
}

// agent discovers one recording and runs what was written.
func (a *alarms) agent(t *testing.T, name, replay, file string) {
	port := testproc.FreePort(t)
	peer := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	p := testproc.Start(t, testproc.Command{Path: replay, Args: []string{"-file", file, "-listen", peer}})
	defer p.Stop()
	p.WaitFor(func() error {
		if !strings.Contains(p.Output(), peer) {
			return errors.New("it does not listen yet")
		}
		return nil
	})
	config := t.TempDir()
	var said strings.Builder
	if code := runDiscover(t.Context(), []string{"--out", config, "public@" + peer}, io.Discard, &said); code != exitOK {
		a.Fail("%s: discover: %s", name, said.String())
		return
	}
	now := time.Now()
	for _, job := range jobsOf(t, config, &now) {
		if job.Type == "ping" {
			continue // of this machine
		}
		a.results(name, job, runOnce(t, job))
		now = now.Add(time.Minute)
		a.results(name, job, runOnce(t, job))
	}
}

// jobsOf are the checks of a configuration.
func jobsOf(t *testing.T, config string, now *time.Time) []schedule.Job {
	t.Helper()
	s, err := loadSettings(config)
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGeneration(s, nil, checks.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return *now }, Dialer: &net.Dialer{}, Resolver: net.DefaultResolver, Names: s.Names,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g.jobs
}

func runOnce(t *testing.T, job schedule.Job) []checks.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), job.Timeout)
	defer cancel()
	results, err := job.Check.Run(ctx, job.Target)
	if err != nil {
		return []checks.Result{{State: checks.Unknown, Reason: checks.ReasonInternal, Summary: text.M("check.error", text.Str("detail", err.Error()))}}
	}
	return results
}

// results counts what a run found.
func (a *alarms) results(agent string, job schedule.Job, results []checks.Result) {
	for _, r := range results {
		if r.State == checks.OK {
			a.Pass()
			continue
		}
		service := agent + "/" + job.Name + "/" + strings.ReplaceAll(r.Item, "/", "_") + "/" + r.State.String()
		summary := text.Default().Render(text.English, nil, r.Summary)
		at := slices.IndexFunc(a.said, func(s accept.Listed) bool { return s.Matches(service) })
		if at < 0 {
			a.Fail("%s: a false alarm, or not yet explained: %s", service, summary)
			continue
		}
		a.List()
		a.used[a.said[at].Pattern] = true
		if row := []string{service, summary, a.said[at].Reason}; !slices.ContainsFunc(a.rows, func(r []string) bool { return r[0] == service }) {
			a.rows = append(a.rows, row)
		}
	}
}

// table writes each service that is not OK, and why that is so.
func (a *alarms) table(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range a.rows {
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	tw.Flush()
}

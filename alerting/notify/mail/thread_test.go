package mail

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/testserver/dovecottest"
	"monitord/internal/text"
)

// story is what one recipient gets of one incident: a problem, the same once
// more because its delivery was in doubt, a problem that became worse, and the
// recovery. The last two follow the message before them.
func story(incident int64) []notify.Notification {
	id := func(kind string) string { return fmt.Sprintf("i%d.%s.abc.xyz", incident, kind) }
	first := problem("")
	first.ID, first.Thread, first.Incident = id("problem1"), id("problem1"), incident
	first.Notice.State, first.Notice.Service.Host = checks.Warning, fmt.Sprint("web", incident)
	repeat := first
	repeat.Repeat = true
	worse := first
	worse.ID, worse.Follows = id("problem2"), first.ID
	worse.Notice.State, worse.Notice.Summary = checks.Critical, text.Verbatim("HTTP 500")
	well := recovery("")
	well.ID, well.Thread, well.Follows, well.Incident, well.Kind = id("recovery1"), first.ID, worse.ID, incident, alerting.KindRecovery
	well.Notice.Service.Host = first.Notice.Service.Host
	short := worse
	short.ID, short.Form = id("problem3"), FormShort
	return []notify.Notification{first, repeat, worse, short, well}
}

// TestAMailProgramShowsOneThreadForEachIncident asks dovecot, which threads as
// RFC 5256 says, as most mail programs do.
func TestAMailProgramShowsOneThreadForEachIncident(t *testing.T) {
	server := dovecottest.Start(t, dovecottest.Options{})
	client, err := imapclient.DialInsecure(fmt.Sprintf("127.0.0.1:%d", server.IMAP), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Login(dovecottest.User, dovecottest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	a, b := story(1), story(2)
	for i := range a { // the two incidents come mixed
		for _, n := range []notify.Notification{a[i], b[i]} {
			raw := composed(t, n, nil)
			cmd := client.Append("INBOX", int64(len(raw)), nil)
			if _, err := cmd.Write(raw); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	threads, err := client.Thread(&imapclient.ThreadOptions{Algorithm: imap.ThreadReferences, SearchCriteria: &imap.SearchCriteria{}}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range threads {
		list := numbers(one)
		slices.Sort(list)
		got = append(got, fmt.Sprint(list))
	}
	slices.Sort(got)
	if want := []string{"[1 3 5 7 9]", "[10 2 4 6 8]"}; !slices.Equal(got, want) && !slices.Equal(got, []string{"[1 3 5 7 9]", "[2 4 6 8 10]"}) {
		t.Errorf("threads %v, want %v", got, want)
	}
}

// numbers lists the messages of a thread and of what answers to it.
func numbers(thread imapclient.ThreadData) []uint32 {
	list := slices.Clone(thread.Chain)
	for _, sub := range thread.SubThreads {
		list = append(list, numbers(sub)...)
	}
	return list
}

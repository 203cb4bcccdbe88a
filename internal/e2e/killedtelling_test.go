//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/mail"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/phonetest"
)

func headerOf(t *testing.T, raw []byte, name string) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	words, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// howOften is how often the server is killed: 200 times, or KILLS.
func howOften(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("KILLS"), "200"))
	if err != nil || n < 1 {
		t.Fatalf("KILLS=%s: want a number", os.Getenv("KILLS"))
	}
	return n
}

const (
	killedWorkers = 8 // services whose incidents are at different steps at any moment
	badFor        = 20 * time.Second
	goodFor       = 8 * time.Second
)

// twoHundredKills runs eight services through the steps, with the server killed
// every few seconds, and then compares mailboxes, calls and ledger.
func twoHundredKills(t *testing.T) {
	d := newDesk(t, killedWorkers, phonetest.Options{Behave: keyOne}, `[{to: noc, channel: mail}, {to: pager, after: 3s}, {to: noc, channel: phone, after: 6s}, {to: boss, after: 20s}]`)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // joined below
		defer close(stopped)
		d.faults(stop)
	}()
	rnd := rand.New(rand.NewPCG(1, 2))
	kills := howOften(t)
	for i := range kills {
		time.Sleep(time.Duration(500+rnd.IntN(4500)) * time.Millisecond) // the moment of the fault itself
		d.server.kill()
		d.serve()
		if i%20 == 19 {
			say(t, "%d kills, %d incidents, %d calls", i+1, len(d.ledgers()), len(d.phone.Calls()))
		}
	}
	close(stop)
	<-stopped
	for i := range killedWorkers {
		d.fault(i, false)
	}
	d.settled(0, "open")
	d.compare(kills)
}

// faults turns the services bad and good in turns, each at its own time, until
// stop is closed.
func (d *desk) faults(stop <-chan struct{}) {
	begun := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	bad := make([]bool, killedWorkers)
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for i := range bad {
			shift := time.Duration(i) * (badFor + goodFor) / killedWorkers
			want := (time.Since(begun)+shift)%(badFor+goodFor) < badFor
			if want != bad[i] {
				bad[i] = want
				d.fault(i, want)
			}
		}
	}
}

var messageID = regexp.MustCompile(`^<i(\d+)\.(problem|recovery)(\d+)\.`)

// box is what a mailbox has of one incident.
type box struct{ problems, recoveries map[string]int } // by Message-ID

// compare holds what arrived against what the ledger says.
func (d *desk) compare(kills int) {
	t := d.t
	ledgers := d.ledgers()
	total, twice, untold, repeats, callsAgain := 0, 0, 0, 0, 0
	boxes := map[string]map[int64]*box{}
	for _, name := range []string{"noc", "pager", "boss"} {
		boxes[name] = map[int64]*box{}
		for _, raw := range d.relay.Mails(name) {
			id := headerOf(t, raw, "Message-ID")
			m := messageID.FindStringSubmatch(id)
			if m == nil {
				t.Fatalf("a mail to %s has the identity %q", name, id)
			}
			incident, _ := strconv.ParseInt(m[1], 10, 64)
			if got := headerOf(t, raw, "X-Monitord-Incident"); got != m[1] {
				t.Errorf("mail %s says that it is about incident %s", id, got)
			}
			b := boxes[name][incident]
			if b == nil {
				b = &box{map[string]int{}, map[string]int{}}
				boxes[name][incident] = b
			}
			in := b.problems
			if m[2] == "recovery" {
				in = b.recoveries
			}
			if in[id]++; in[id] > 1 {
				twice++
			}
			total++
		}
	}
	for _, in := range ledgers {
		if boxes["noc"][in.ID] == nil || len(boxes["noc"][in.ID].problems) == 0 {
			untold++
			t.Errorf("incident %d (%s, opened %s): noc got no mail; ledger %+v", in.ID, in.Service, in.Opened, in.Notified)
		}
		told := map[string]bool{}
		for _, m := range in.Notified {
			repeats += m.Repeats
			if m.Channel == "phone" && m.Repeats > 0 {
				callsAgain += m.Repeats
			}
			if m.Kind == "problem" && m.State == "sent" {
				told[m.Contact] = true
			}
		}
		for name, all := range boxes {
			b := all[in.ID]
			switch {
			case b == nil && told[name] && name != "noc":
				t.Errorf("incident %d: the ledger says that %s was told, the mailbox is empty", in.ID, name)
			case b == nil:
			case len(b.problems) > 0 && len(b.recoveries) != 1:
				t.Errorf("incident %d: %s was told and got %d recoveries", in.ID, name, len(b.recoveries))
			case len(b.problems) == 0 && len(b.recoveries) > 0:
				t.Errorf("incident %d: %s got a recovery of what it was not told", in.ID, name)
			}
		}
	}
	taken := 0
	for _, in := range ledgers {
		if strings.HasPrefix(in.AckedBy, "noc") {
			taken++
		}
	}
	say(t, "%d kills: %d incidents, %d taken by key 1 in %d calls, %d mails arrived; untold %d, twice %d (%.2f %%), hand-overs in doubt counted %d (of calls %d)",
		kills, len(ledgers), taken, len(d.phone.Calls()), total, untold, twice, 100*float64(twice)/float64(total), repeats, callsAgain)
	if len(ledgers) < kills/2 || taken == 0 {
		t.Errorf("%d incidents, %d taken: the story proves nothing", len(ledgers), taken)
	}
	if float64(twice) > 0.01*float64(total) || twice > repeats {
		t.Errorf("%d of %d mails came twice, %d are counted", twice, total, repeats)
	}
	if len(ledgers) >= 500 {
		t.Errorf("%s: the API lists the newest 500 closed incidents only", fmt.Sprint(len(ledgers)))
	}
}

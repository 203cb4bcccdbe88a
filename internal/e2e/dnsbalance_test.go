//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/testproc"
)

// dnsBalance: three web servers behind one name. One dies: out of the zone within
// detection and a second. A second dies: two must stay, so it stays, and a person
// is told which premise failed. The first is well again: back in the zone after
// three good checks, exactly as it was.
func dnsBalance(t *testing.T) {
	needRoot(t, "postfix")
	b := newBalance(t)
	b.oneDies()
	b.anotherStays()
	b.oneComesBack()
}

// balance is the cast: web servers on 127.0.1.1 to 127.0.1.3, a name server, a
// relay.
type balance struct {
	*world
	webs  []*testnginx.Server
	named *bind.Dynamic
	relay *postfixtest.Server
	last  []string // the zone as it was seen last
}

const (
	pool        = "www.example.test."
	detection   = 2*time.Second + 3*900*time.Millisecond // two retries, each check to its timeout
	afterGood   = 3
	checkEvery  = time.Second
	guardAnswer = time.Second // from the confirmed state to the zone
)

func newBalance(t *testing.T) *balance {
	b := &balance{world: newWorld(t), relay: postfixtest.Start(t)}
	port := testproc.FreePort(t)
	var hosts strings.Builder
	var zone []string
	for n := 1; n <= 3; n++ {
		b.webs = append(b.webs, testnginx.New(t, testnginx.Options{Extra: fmt.Sprintf("listen %s:%d;", address(n), port)}))
		zone = append(zone, "www 30 IN A "+address(n))
		fmt.Fprintf(&hosts, "  web%d: {address: %s, alive: none, groups: [web], checks: {front: {type: http, url: \"http://%s:%d/\", interval: %s, retry_interval: 1s, timeout: 900ms, max_attempts: 3}}}\n",
			n, address(n), address(n), port, checkEvery)
	}
	b.named = bind.NewDynamic(t, bind.DynamicOptions{Records: zone})
	b.configure(fmt.Sprintf(`
hosts:
%sactions:
  balance:
    when: {checks: [front], groups: [web]}
    do:
      dns:
        server: %q
        zone: example.test
        name: www
        min: 2
        key: {name: %s, secret: {file: %q}}
    undo: {after_good: %d}
contacts:
  noc: {language: en, channels: [{mail: noc@example.net}]}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
`, hosts.String(), b.named.Addr(), b.named.KeyName, b.named.KeyFile, afterGood, b.relay.Addr, b.relay.CAFile))
	b.serve()
	for n := 1; n <= 3; n++ {
		b.awaitState(20*time.Second, front(n), "OK")
	}
	b.wantZone(1, 2, 3)
	return b
}

func address(n int) string { return fmt.Sprintf("127.0.1.%d", n) }
func front(n int) string   { return fmt.Sprintf("web%d/front", n) }

// zone asks the name server, as any resolver would.
func (b *balance) zone() []string {
	b.t.Helper()
	client := dns.Client{Net: "udp", Timeout: 2 * time.Second}
	answer, _, err := client.Exchange(new(dns.Msg).SetQuestion(pool, dns.TypeA), b.named.Addr())
	if err != nil {
		b.t.Fatal(err)
	}
	var found []string
	for _, rr := range answer.Answer {
		if a, ok := rr.(*dns.A); ok {
			found = append(found, fmt.Sprintf("%s ttl %d", a.A, a.Hdr.Ttl))
		}
	}
	slices.Sort(found)
	if len(found) < 2 {
		b.t.Errorf("the zone has only %v: two must stay, always", found)
	}
	b.last = found
	return found
}

func (b *balance) zoneIs(webs ...int) bool {
	var want []string
	for _, n := range webs {
		want = append(want, address(n)+" ttl 30")
	}
	return slices.Equal(b.zone(), want)
}

func (b *balance) wantZone(webs ...int) {
	b.t.Helper()
	if !b.zoneIs(webs...) {
		b.t.Fatalf("the zone has %v; want servers %v", b.last, webs)
	}
}

// awaitZone waits for the zone and returns when that was.
func (b *balance) awaitZone(within time.Duration, webs ...int) time.Time {
	b.t.Helper()
	eventually(b.t, within, fmt.Sprintf("the zone has servers %v", webs), func() string {
		if b.zoneIs(webs...) {
			return ""
		}
		return fmt.Sprintf("it has %v", b.last)
	})
	say(b.t, "the zone has %v", b.last)
	return time.Now()
}

// hardSince is when a service's present state was confirmed, by the journal.
func (b *balance) hardSince(name, state string) time.Time {
	b.t.Helper()
	for _, e := range b.events() { // newest first
		if e.Service == name && e.State == state && e.Kind == "state" && !strings.Contains(e.Text, "attempt") {
			return e.At
		}
	}
	b.t.Fatalf("the journal has no confirmed %s of %s: %+v", state, name, b.events())
	return time.Time{}
}

func (b *balance) oneDies() {
	b.webs[0].Stop()
	died := time.Now()
	say(b.t, "web1 is dead")
	out := b.awaitZone(20*time.Second, 2, 3)
	confirmed := b.hardSince(front(1), "CRITICAL")
	say(b.t, "out of the zone %.2f s after it died, %.2f s after that was confirmed", out.Sub(died).Seconds(), out.Sub(confirmed).Seconds())
	if late := out.Sub(confirmed); late > guardAnswer {
		b.t.Errorf("out of the zone %s after detection; want at most %s", late, guardAnswer)
	}
	if late := out.Sub(died); late > checkEvery+detection+guardAnswer {
		b.t.Errorf("out of the zone %s after it died", late)
	}
}

func (b *balance) anotherStays() {
	b.webs[1].Stop()
	say(b.t, "web2 is dead too")
	b.awaitState(20*time.Second, front(2), "CRITICAL")
	eventually(b.t, 30*time.Second, "a person is told that the minimum holds web2 in the zone", func() string {
		b.wantZone(2, 3)
		var told []string
		for _, raw := range b.relay.Mails("noc") {
			words := strings.Join(strings.Fields(string(plainPart(b.t, raw))), " ") // lines are folded
			if strings.Contains(words, "web2/action[balance] is CRITICAL") && strings.Contains(words, "premise pool-minimum fails: 1 of 2 would be left in www.example.test; at least 2 must stay") {
				return ""
			}
			told = append(told, words)
		}
		return fmt.Sprintf("told so far: %q", told)
	})
	say(b.t, "web2 stays, and a person is told why")
}

func (b *balance) oneComesBack() {
	b.webs[0].Start()
	well := time.Now()
	say(b.t, "web1 is alive")
	back := b.awaitZone(20*time.Second, 1, 2, 3)
	took := back.Sub(well)
	say(b.t, "back in the zone after %.2f s", took.Seconds())
	// The first good check may come at once; the third cannot come before two
	// intervals have passed.
	if took < (afterGood-1)*checkEvery-100*time.Millisecond {
		b.t.Errorf("back after %s: that were not %d good checks", took, afterGood)
	}
	if took > (afterGood+1)*checkEvery+2*time.Second {
		b.t.Errorf("back only after %s", took)
	}
	b.awaitState(10*time.Second, front(1), "OK")
}

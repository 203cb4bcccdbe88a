package dns

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/testserver/bind"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// three are the records of three web servers.
var three = bind.DynamicOptions{Records: []string{"www 60 IN A 192.0.2.1", "www 60 IN A 192.0.2.2", "www 60 IN A 192.0.2.3"}}

// action is one on the server's name www, with its own folder.
func action(t testing.TB, d *bind.Dynamic, change func(*Config)) *Action {
	t.Helper()
	return in(t, d, t.TempDir(), change)
}

func in(t testing.TB, d *bind.Dynamic, dir string, change func(*Config)) *Action {
	t.Helper()
	c := DefaultConfig()
	c.Server, c.Zone, c.Name = d.Addr(), "example.test", "www"
	c.Key.Name, c.Key.Secret = d.KeyName, config.Secret{File: d.KeyFile}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	a, err := Kind().New(&c, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Action)
}

// web is a request about web server n.
func web(n int) failover.Request {
	return failover.Request{
		ID: fmt.Sprintf("r-%d", n), Action: "balance", State: checks.Critical, At: time.Now(),
		Service: checks.Service{Host: fmt.Sprintf("web%d", n), Check: "http"}, Address: fmt.Sprintf("192.0.2.%d", n),
	}
}

func undo(r failover.Request) failover.Request { r.Undo = true; return r }

// found is what the server has for a name, with TTLs, sorted.
func found(t testing.TB, server, name, qtype string) string {
	t.Helper()
	c := mdns.Client{Net: "tcp", Timeout: 5 * time.Second}
	m := new(mdns.Msg).SetQuestion(name, mdns.StringToType[qtype])
	answer, _, err := c.Exchange(m, server)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, rr := range answer.Answer {
		out = append(out, fmt.Sprintf("%d %s", rr.Header().Ttl, strings.TrimPrefix(rr.String(), rr.Header().String())))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func wantFound(t testing.TB, d *bind.Dynamic, want string) {
	t.Helper()
	if got := found(t, d.Addr(), "www.example.test.", "A"); got != want {
		t.Fatalf("the zone has %s; want %s", got, want)
	}
}

func wantStatus(t testing.TB, a *Action, r failover.Request, want failover.Status) {
	t.Helper()
	if got, err := a.Status(t.Context(), r); err != nil || got != want {
		t.Errorf("status %s, %v; want %s", got, err, want)
	}
}

func say(m text.Message) string { return text.Default().Render(text.English, time.UTC, m) }

// wantDone wants an outcome that was verified, and says so.
func wantDone(t testing.TB, out failover.Outcome, err error, words string) {
	t.Helper()
	if err != nil || !out.Verified || !strings.Contains(say(out.Detail), words) {
		t.Fatalf("%+v %q, %v; want %q, verified", out, say(out.Detail), err, words)
	}
}

const all = "60 192.0.2.1, 60 192.0.2.2, 60 192.0.2.3"

func TestADeadServerGoesOutAndComesBack(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, nil)
	wantStatus(t, a, web(2), failover.StatusUndone)
	out, err := a.Do(t.Context(), web(2))
	wantDone(t, out, err, "192.0.2.2 is out of www.example.test (A); 2 are left; serial 1 → 2")
	wantFound(t, d, "60 192.0.2.1, 60 192.0.2.3")
	wantStatus(t, a, web(2), failover.StatusDone)

	out, err = a.Do(t.Context(), web(2))
	wantDone(t, out, err, "was out of www.example.test already")

	out, err = a.Undo(t.Context(), undo(web(2)))
	wantDone(t, out, err, "192.0.2.2 is in www.example.test (A) again; it has 3; serial 2 → 3")
	wantFound(t, d, all)
	wantStatus(t, a, web(2), failover.StatusUndone)

	out, err = a.Undo(t.Context(), undo(web(2)))
	wantDone(t, out, err, "was in www.example.test already")
	wantFound(t, d, all)
}

func TestTheMinimumStays(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, func(c *Config) { c.Min = 2 })
	if _, err := a.Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	wantPremises(t, a, web(2), map[string]bool{"dns-primary": true, "dns-update": true, "dns-record": true, "pool-minimum": false})
	if _, err := a.Do(t.Context(), web(2)); err == nil || !strings.Contains(err.Error(), "192.0.2.2 stays in www.example.test.: 1 of the pool would be left, and min is 2") {
		t.Errorf("got %v", err)
	}
	wantFound(t, d, "60 192.0.2.2, 60 192.0.2.3")
	// What stayed was not taken out: there is nothing to put back.
	out, err := a.Undo(t.Context(), undo(web(2)))
	wantDone(t, out, err, "already")
}

// wantPremises wants exactly these, and a sentence, a source and a time for each.
func wantPremises(t testing.TB, a *Action, r failover.Request, want map[string]bool) {
	t.Helper()
	got, err := a.Premises(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d premises; want %d", len(got), len(want))
	}
	for _, p := range got {
		holds, ok := want[p.Name]
		if !ok || holds != p.Holds || say(p.Text) == "" || p.From != "dns "+a.config.Server || p.At.IsZero() {
			t.Errorf("%s: %v %q from %q", p.Name, p.Holds, say(p.Text), p.From)
		}
	}
}

func TestPremisesChangeNothing(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, nil)
	hold := map[string]bool{"dns-primary": true, "dns-update": true, "dns-record": true, "pool-minimum": true}
	for range 3 {
		wantPremises(t, a, web(1), hold)
	}
	wantPremises(t, a, web(9), map[string]bool{"dns-primary": true, "dns-update": true, "dns-record": false, "pool-minimum": true})
	wantPremises(t, a, undo(web(1)), map[string]bool{"dns-primary": true, "dns-update": true, "dns-taken-out": true})
	wantPremises(t, a, undo(web(9)), map[string]bool{"dns-primary": true, "dns-update": true, "dns-taken-out": false})
	reader := action(t, d, func(c *Config) { c.Key.Name = d.Reader })
	wantPremises(t, reader, web(1), map[string]bool{"dns-primary": true, "dns-update": false, "dns-record": true, "pool-minimum": true})
	dry := web(1)
	dry.DryRun = true
	if _, err := a.Do(t.Context(), dry); err == nil {
		t.Error("a dry run acted")
	}
	wantFound(t, d, all)
	if soa := found(t, d.Addr(), "example.test.", "SOA"); !strings.Contains(soa, " 1 60 60 600 60") {
		t.Errorf("the serial moved: %s", soa)
	}
	if files, _ := os.ReadDir(a.memory.Dir); len(files) > 0 {
		t.Errorf("premises left %v", files)
	}
}

func TestExactlyWhatWasTakenOutComesBackAfterARestart(t *testing.T) {
	d := bind.NewDynamic(t, bind.DynamicOptions{Records: []string{
		"_web._tcp 90 IN SRV 10 5 443 web1", "_web._tcp 90 IN SRV 20 0 8443 web1", "_web._tcp 90 IN SRV 10 5 443 web2",
		"six 70 IN AAAA 2001:db8::1", "six 70 IN AAAA 2001:db8::2",
	}})
	for _, tt := range []struct {
		name, kind, before, after string
		change                    func(*Config)
	}{
		{"_web._tcp.example.test.", "SRV", "90 10 5 443 web1.example.test., 90 10 5 443 web2.example.test., 90 20 0 8443 web1.example.test.", "90 10 5 443 web2.example.test.",
			func(c *Config) { c.Records = map[string]string{"web1": "WEB1.example.test"} }},
		{"six.example.test.", "AAAA", "70 2001:db8::1, 70 2001:db8::2", "70 2001:db8::2",
			func(c *Config) { c.Records = map[string]string{"web1": "2001:0db8::0001"} }},
	} {
		dir := t.TempDir()
		make := func() *Action {
			return in(t, d, dir, func(c *Config) { c.Name, c.Type = tt.name, tt.kind; tt.change(c) })
		}
		if _, err := make().Do(t.Context(), web(1)); err != nil {
			t.Fatal(err)
		}
		if got := found(t, d.Addr(), tt.name, tt.kind); got != tt.after {
			t.Errorf("%s has %s; want %s", tt.name, got, tt.after)
		}
		wantStatus(t, make(), web(1), failover.StatusDone)
		out, err := make().Undo(t.Context(), undo(web(1)))
		wantDone(t, out, err, "again")
		if got := found(t, d.Addr(), tt.name, tt.kind); got != tt.before {
			t.Errorf("%s has %s; want %s", tt.name, got, tt.before)
		}
	}
}

func TestWhatWeDidNotTakeOutIsNotPutBack(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, nil)
	if _, err := a.Undo(t.Context(), undo(web(9))); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
	wantFound(t, d, all)
	// The action was given another name meanwhile.
	dir := t.TempDir()
	if _, err := in(t, d, dir, nil).Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	other := in(t, d, dir, func(c *Config) { c.Name = "ns" })
	if _, err := other.Undo(t.Context(), undo(web(1))); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
	// What was remembered is broken.
	if err := os.WriteFile(filepath.Join(dir, "web1.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := in(t, d, dir, nil).Undo(t.Context(), undo(web(1))); err == nil {
		t.Error("put back what nobody remembers")
	}
}

func TestOnlyMembersCountAndGo(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, func(c *Config) { c.Members = []string{"192.0.2.1", "192.0.2.2"} })
	wantPremises(t, a, web(3), map[string]bool{"dns-primary": true, "dns-update": true, "dns-record": false, "pool-minimum": true})
	if _, err := a.Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Do(t.Context(), web(2)); err == nil {
		t.Error("the last member was taken out")
	}
	wantFound(t, d, "60 192.0.2.2, 60 192.0.2.3")
}

func TestATTLOfOurOwn(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, func(c *Config) { c.TTL = 30 * time.Second })
	if _, err := a.Do(t.Context(), web(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Undo(t.Context(), undo(web(1))); err != nil {
		t.Fatal(err)
	}
	wantFound(t, d, "30 192.0.2.1, 30 192.0.2.2, 30 192.0.2.3") // one set, one TTL
}

func TestAHostWhoseNameIsThePoolIsRefused(t *testing.T) {
	d := bind.NewDynamic(t, three)
	a := action(t, d, nil)
	r := web(1)
	r.Address = "www.example.test"
	a.resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, d.Addr())
	}}
	if _, err := a.Do(t.Context(), r); err == nil || !strings.Contains(err.Error(), "has 3 addresses of the pool") {
		t.Errorf("got %v", err)
	}
	wantFound(t, d, all)
}

func TestSecondariesAreWaitedFor(t *testing.T) {
	o := three
	o.WithSecondary = true
	d := bind.NewDynamic(t, o)
	deaf := testproc.FreePort(t)
	a := action(t, d, func(c *Config) { c.Secondaries = []string{d.Secondary.Addr()} })
	out, err := a.Do(t.Context(), web(2))
	wantDone(t, out, err, "192.0.2.2 is out")
	if got := found(t, d.Secondary.Addr(), "www.example.test.", "A"); got != "60 192.0.2.1, 60 192.0.2.3" {
		t.Errorf("the secondary has %s", got)
	}
	late := in(t, d, a.memory.Dir, func(c *Config) {
		c.Secondaries = []string{d.Secondary.Addr(), fmt.Sprintf("127.0.0.1:%d", deaf)}
		c.SecondariesWithin = 300 * time.Millisecond
	})
	out, err = late.Undo(t.Context(), undo(web(2)))
	if err != nil || out.Verified || !strings.Contains(say(out.Detail), fmt.Sprint(deaf)) {
		t.Errorf("%+v %q %v", out, say(out.Detail), err)
	}
	wantFound(t, d, all)
}

// Ten servers die at once; each has an action of its own, as it would be on ten
// probes; half of them come back and die again. Somebody looks all the time.
func TestManyAtOnceNeverFallBelowTheMinimum(t *testing.T) {
	const servers, minimum = 10, 4
	var o bind.DynamicOptions
	for n := range servers {
		o.Records = append(o.Records, fmt.Sprintf("www 60 IN A 192.0.2.%d", n+1))
	}
	d := bind.NewDynamic(t, o)
	ctx, stop := context.WithCancel(t.Context())
	var watching, acting sync.WaitGroup
	looks := 0
	watching.Go(func() {
		for ctx.Err() == nil {
			if got := strings.Count(found(t, d.Addr(), "www.example.test.", "A"), "192.0.2."); got < minimum {
				t.Errorf("%d are left", got)
			}
			looks++
		}
	})
	var mu sync.Mutex
	gone := 0
	for n := range servers {
		a := action(t, d, func(c *Config) { c.Min = minimum })
		acting.Go(func() {
			for range 3 {
				_, err := a.Do(t.Context(), web(n+1))
				switch {
				case err == nil:
					mu.Lock()
					gone++
					mu.Unlock()
					if n%2 == 0 {
						return
					}
					if _, err := a.Undo(t.Context(), undo(web(n+1))); err != nil {
						t.Errorf("web%d: %v", n+1, err)
					}
				case !strings.Contains(err.Error(), "stays in"):
					t.Errorf("web%d: %v", n+1, err)
				}
			}
		})
	}
	acting.Wait()
	stop()
	watching.Wait()
	if gone < servers-minimum || looks == 0 {
		t.Errorf("%d were taken out, looked %d times", gone, looks)
	}
}

package dns

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
	"monitord/internal/config"
)

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	c := Config{
		Server: "ns", Zone: "a b", Name: "", Type: "MX", Key: Key{Name: "", Algorithm: "hmac-md5"}, Min: 0,
		Records: map[string]string{"web1": "x"}, TTL: time.Millisecond, Secondaries: []string{":53"}, SecondariesWithin: -1, Timeout: 0,
	}
	err := c.Validate()
	for _, want := range []string{"server:", "zone:", "name:", "type:", "key.name:", "key.algorithm:", "key.secret:", "min:", "ttl:", "secondaries[0]:", "secondaries_within:", "timeout:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = DefaultConfig()
	c.Server, c.Zone, c.Name, c.Key.Name, c.Key.Secret = "192.0.2.53:53", "example.net", "www.example.org.", "k", config.Secret{File: "f"}
	c.Members, c.Records = []string{"192.0.2.1", "2001:db8::1", "web1"}, map[string]string{"web1": "::1"}
	err = c.Validate()
	for _, want := range []string{"name: got", "members[1]", "members[2]", "records.web1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func TestNamesAreRelativeUnlessTheyAreWhole(t *testing.T) {
	for name, want := range map[string]string{
		"www": "www.example.net.", "WWW.Example.NET": "www.example.net.", "www.example.net.": "www.example.net.", "@": "example.net.",
		"example.net": "example.net.", "a.b": "a.b.example.net.", "myexample.net": "myexample.net.example.net.",
	} {
		if got := (&Config{Zone: "Example.net", Name: name}).fqdn(); got != want {
			t.Errorf("%s is %s; want %s", name, got, want)
		}
	}
}

// The sample states the defaults, and every key of it is known.
func TestTheSampleIsTheDefault(t *testing.T) {
	written := strings.NewReplacer("server: \"\"", "server: 192.0.2.53:53", "zone: \"\"", "zone: example.net", "name: \"\"", "name: www",
		"# key:", "key:", "#   name", "  name", "#   algorithm", "  algorithm", "#   secret", "  secret").Replace(Sample)
	n, err := config.ParseBytes("sample.yaml", []byte(written))
	if err != nil {
		t.Fatal(err)
	}
	got, err := failover.Options(Kind(), n, "")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Server, want.Zone, want.Name, want.Key.Name = "192.0.2.53:53", "example.net", "www", "monitord"
	want.Key.Secret = config.Secret{File: "/etc/monitord/dns-key"}
	want.Members, want.Records, want.Secondaries = []string{}, nil, []string{}
	c := *got.(*Config)
	if len(c.Records) == 0 {
		c.Records = nil
	}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
}

func TestSerialsCompareRoundTheCircle(t *testing.T) {
	for _, tt := range []struct {
		a, b uint32
		want bool
	}{{2, 1, true}, {1, 2, false}, {1, 1, false}, {0, 1<<32 - 1, true}, {1 << 31, 1, true}, {1<<31 + 1, 0, false}} {
		if newer(tt.a, tt.b) != tt.want {
			t.Errorf("%d after %d: %v", tt.a, tt.b, !tt.want)
		}
	}
}

// Whatever a server says, we neither break nor believe what is not signed.
func FuzzAnswer(f *testing.F) {
	query := new(mdns.Msg).SetQuestion("www.example.test.", mdns.TypeA)
	query.Id = 1
	k := &key{name: "monitord.", algorithm: "hmac-sha256.", secret: "c2VjcmV0", now: func() time.Time { return time.Unix(1e9, 0) }}
	for _, rcode := range []int{mdns.RcodeSuccess, mdns.RcodeNotAuth, mdns.RcodeRefused, mdns.RcodeNXRrset} {
		for _, tsig := range []uint16{0, mdns.RcodeBadKey, mdns.RcodeBadTime} {
			m := new(mdns.Msg).SetRcode(query, rcode)
			rr, _ := mdns.NewRR("www.example.test. 60 IN A 192.0.2.1")
			m.Answer = []mdns.RR{rr}
			m.SetTsig(k.name, k.algorithm, 300, time.Now().Unix())
			t := m.IsTsig()
			t.Error, t.OtherLen, t.OtherData = tsig, 6, "0000386d4380"
			b, err := m.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &conn{server: "s", key: k}
		answer, err := c.open(append([]byte(nil), body...), query, "")
		if err == nil && answer.Rcode == mdns.RcodeSuccess && mdns.TsigVerify(append([]byte(nil), body...), k.secret, "", false) != nil {
			t.Error("believed what is not signed")
		}
		if r, ok := errors.AsType[Refusal](err); ok && r.Hint == "" {
			t.Error("a refusal without advice")
		}
		answer = new(mdns.Msg)
		if answer.Unpack(body) == nil {
			set, _ := setOf(answer, "www.example.test.", mdns.TypeA)
			list(set)
		}
	})
}

// What is on our disk may have been touched: it never becomes another record.
func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"zone":"example.net.","name":"www.example.net.","type":"A","records":[{"ttl":60,"value":"192.0.2.1"}]}`))
	f.Add([]byte(`{"zone":"example.net.","name":"www.example.net.","type":"A","records":[{"ttl":60,"value":"192.0.2.1\nevil 1 IN A 192.0.2.2"}]}`))
	f.Add([]byte(`{"zone":"example.net.","name":"www.example.net.","type":"A","records":[{"value":"; nothing"}]}`))
	a := New(Config{Zone: "example.net", Name: "www", Type: "A"}, failover.Deps{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, set, err := a.parseTaken(raw)
		if err == nil && len(set) == 0 {
			t.Error("no record and no error")
		}
		for _, rr := range set {
			if rr.Header().Name != a.name || rr.Header().Rrtype != a.qtype {
				t.Errorf("made %s", rr)
			}
		}
	})
}

func TestTheExampleIsValid(t *testing.T) {
	raw, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, err := config.ParseBytes("example.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := failover.Options(Kind(), n, ""); err != nil {
		t.Error(err)
	}
}

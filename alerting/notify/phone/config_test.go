package phone

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"monitord/internal/config"
)

func TestAnEmptySectionMeansNoCalls(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if channel, err := Kind().New(Kind().Target(), depsOf(t)); channel != nil || err != nil {
		t.Errorf("got %v, %v; want no channel", channel, err)
	}
}

func TestEveryFaultIsNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Config){
		"server":       func(c *Config) { c.Server = "pbx" },
		"transport":    func(c *Config) { c.Transport = "tls" },
		"domain":       func(c *Config) { c.Domain = "a b" },
		"from":         func(c *Config) { c.From = "a@b\r\n" },
		"name":         func(c *Config) { c.Name = "a\"b" },
		"username":     func(c *Config) { c.Register = true },
		"password":     func(c *Config) { c.Username = "3000" },
		"dial[0]":      func(c *Config) { c.Dial = []DialRule{{"+81", "0\r\n"}} },
		"ring":         func(c *Config) { c.Ring = time.Second },
		"limit":        func(c *Config) { c.Limit = time.Second },
		"timeout":      func(c *Config) { c.Timeout = time.Hour },
		"lines":        func(c *Config) { c.Lines = 0 },
		"keys.take":    func(c *Config) { c.Keys.Take = "12" },
		"keys":         func(c *Config) { c.Keys.Next = "1" },
		"speech.ja":    func(c *Config) { c.Speech.Japanese = nil },
		"speech.en":    func(c *Config) { c.Speech.English = []string{"{text}"} },
		"server port":  func(c *Config) { c.Server = "pbx:0" },
		"username bad": func(c *Config) { c.Username = "a b"; c.Password = config.Secret{File: "/x"} },
	} {
		c := DefaultConfig()
		c.Server = "pbx.example.net:5060"
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&c)
		err := c.Validate()
		path, _, _ := strings.Cut(want, " ")
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestPortsAreRead(t *testing.T) {
	t.Parallel()
	var p PortRange
	if err := p.UnmarshalText([]byte("16384-16483")); err != nil || p != (PortRange{16384, 16483}) {
		t.Errorf("got %v, %v", p, err)
	}
	if b, err := p.MarshalText(); err != nil || string(b) != "16384-16483" {
		t.Errorf("got %s, %v", b, err)
	}
	for _, bad := range []string{"", "80-100", "20000", "20000-20001", "9-8", "60000-70000", "a-b"} {
		if err := p.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is a range", bad)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"+81312345678", "1001", "reception", "*97", "sip:1001@pbx.example.net", "sip:1001@192.0.2.1:5070", "sip:1001@[2001:db8::1]"} {
		if err := CheckAddress(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "+0123456", "+81", "+81 3 1234", "10 01", "a@b", "sip:1001", "sip:1001@", "sip:@pbx", "sip:1@pbx:x", "sip:1@pbx;transport=tcp",
		"sip:1@pbx?Route=x", "1001\r\nX: y", "<1001>", "sips:1@pbx", "1001>", "é", strings.Repeat("1", 65)} {
		if err := CheckAddress(bad); err == nil {
			t.Errorf("%q is an address", bad)
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("+81312345678")
	f.Add("sip:a@[::1]:5060")
	f.Fuzz(func(t *testing.T, to string) {
		c := DefaultConfig()
		c.Server = "pbx.example.net:5060"
		uri, err := c.uri(to)
		if err == nil && strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>";?,`, r) }) {
			t.Fatalf("%q becomes %q", to, uri)
		}
	})
}

func TestNumbersAreWrittenAsTheServerWantsThem(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.Server = "[2001:db8::1]:5060"
	if got, _ := c.uri("1001"); got != "sip:1001@[2001:db8::1]" {
		t.Errorf("got %s", got)
	}
	c.Server, c.Dial = "pbx.example.net:5060", []DialRule{{"+81", "0"}, {"+", "010"}}
	for to, want := range map[string]string{
		"+81312345678": "sip:0312345678@pbx.example.net", "+14155550100": "sip:01014155550100@pbx.example.net", "1001": "sip:1001@pbx.example.net",
		"*97#": "sip:*97%23@pbx.example.net", "sip:1001@other.example.net": "sip:1001@other.example.net",
	} {
		if got, err := c.uri(to); got != want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", to, got, err, want)
		}
	}
	c.Domain = "example.net"
	if got := c.caller(); got != "sip:monitord@example.net" {
		t.Errorf("got %s", got)
	}
}

func TestTheSampleIsTheDefault(t *testing.T) {
	t.Parallel()
	root, err := config.ParseBytes("sample.yaml", []byte(Sample))
	if err != nil {
		t.Fatal(err)
	}
	got := DefaultConfig()
	if err := config.Decode(root.Get("phone"), "phone", &got); err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Server = "pbx.example.net:5060"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

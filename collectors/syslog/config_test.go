package syslog

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"monitord/internal/config"
)

func faultHas(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no fault; want %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("no %q in: %v", w, err)
		}
	}
}

func decoded(yaml string) (Config, error) {
	c := DefaultConfig()
	return c, config.DecodeBytes("x.yaml", []byte(yaml), &c)
}

func TestEveryFaultIsToldWithItsPlace(t *testing.T) {
	_, err := decoded(`udp: {listen: "0.0.0.0:5514"}
tcp: {listen: "localhost", from: [0.0.0.0/0, 192.0.2.1/24, x]}
tls:
  listen: 192.0.2.5:6514
  names: [a b]
  client_cert: never
relays: ["not a name"]
rate: 0
max_message: 10
timezone: Mars/Base
timezones: {192.0.2.0/24: Nowhere, x: UTC}
encoding: utf-16le
`)
	faultHas(t, err,
		"x.yaml:1:", "udp.from: it is missing (want the networks that may send",
		"x.yaml:2:", "tcp.listen: not an address", "tcp.from[0]: got 0.0.0.0/0, which is too wide", "tcp.from[1]: got 192.0.2.1/24; want 192.0.2.0/24", `tcp.from[2]: got "x"`,
		"tls.from: it is missing", "tls.cert: it is missing", "tls.key: it is missing", "tls.names: no certificates are asked for", `tls.names[0]: got "a b"`, "tls.client_cert:",
		"relays[0]:", "rate: got 0; want 1 to", "max_message: got 10; want 480", "timezone: unknown time zone", "192.0.2.0/24", "encoding:",
	)
	for name, yaml := range map[string]string{
		"loopback needs no list":           `udp: {listen: "127.0.0.1:5514"}`,
		"required certificates are a list": `tls: {listen: "[::]:6514", cert: c, key: k, client_ca: ca}`,
		"a list":                           `tcp: {listen: "0.0.0.0:514", from: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7]}`,
		"relays":                           `relays: [192.0.2.7, log1.example.net, "*.example.net"]`,
	} {
		if _, err := decoded(yaml); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSampleIsTheDefault(t *testing.T) {
	n, err := config.ParseBytes("sample.yaml", []byte(Sample))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	if err := config.Decode(n.Get("logs").Get("syslog"), "", &c); err != nil {
		t.Fatal(err)
	}
	if c.Enabled() || c.Rate != DefaultConfig().Rate || c.MaxMessage != DefaultConfig().MaxMessage || c.MaxPerSource != DefaultConfig().MaxPerSource || c.TLS.ClientCert != CertRequired {
		t.Errorf("%+v", c)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), Sample) {
		t.Error("README.md does not quote sample.yaml as it is")
	}
}

func TestHostsAreFoundByAddressAndName(t *testing.T) {
	d := NewDirectory([]Host{
		{Name: "web1", Address: "192.0.2.1"}, {Name: "db1.example.net", Address: "192.0.2.2"},
		{Name: "a.tokyo", Address: "192.0.2.3"}, {Name: "a.osaka", Address: "192.0.2.4"},
		{Name: "mail", Address: "mx1.example.net", IPs: []netip.Addr{netip.MustParseAddr("2001:db8::5")}},
		{Name: "mx1", Address: "192.0.2.6"},
	})
	for word, want := range map[string]string{
		"web1": "web1", "WEB1": "web1", "web1.example.net": "web1", "web1.": "web1",
		"db1": "db1.example.net", "db1.example.net": "db1.example.net", "db1.example.org": "",
		"a": "", "a.tokyo": "a.tokyo", "mx1.example.net": "mail", "mx1": "mx1", "mail": "mail",
		"192.0.2.2": "db1.example.net", "[2001:db8::5]": "mail", "::ffff:192.0.2.1": "web1", "192.0.2.9": "", "": "", "nobody": "",
	} {
		if got, ok := d.byWord(word); got != want && ok || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", word, got, ok, want)
		}
	}
}

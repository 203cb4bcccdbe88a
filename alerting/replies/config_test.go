package replies

import (
	"context"
	"strings"
	"testing"
)

func TestAConfigurationIsChecked(t *testing.T) {
	good := Config{Listen: "192.0.2.5:25", Networks: []string{"192.0.2.0/24", "2001:db8::25"}, Domain: "ack.example.net"}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"good":               {func(*Config) {}, ""},
		"off":                {func(c *Config) { *c = Config{} }, ""},
		"no port":            {func(c *Config) { c.Listen = "192.0.2.5" }, "listen: not an address"},
		"everywhere unnamed": {func(c *Config) { c.Listen = ":25" }, "listen: not an address"},
		"no networks":        {func(c *Config) { c.Networks = nil }, "networks: it is missing"},
		"everybody":          {func(c *Config) { c.Networks = []string{"0.0.0.0/0"} }, "networks[0]: too wide"},
		"everybody, IPv6":    {func(c *Config) { c.Networks = []string{"192.0.2.1", "::/0"} }, "networks[1]: too wide"},
		"host bits":          {func(c *Config) { c.Networks = []string{"192.0.2.5/24"} }, "want 192.0.2.0/24"},
		"a name":             {func(c *Config) { c.Networks = []string{"relay.example.net"} }, "networks[0]: not a network"},
		"any address":        {func(c *Config) { c.Networks = []string{"0.0.0.0"} }, "networks[0]: not a network"},
		"no domain":          {func(c *Config) { c.Domain = "" }, "domain: not a mail domain"},
		"an address":         {func(c *Config) { c.Domain = "ack@example.net" }, "domain: not a mail domain"},
		"header injection":   {func(c *Config) { c.Domain = "example.net\r\nBcc: x" }, "domain: not a mail domain"},
		"host name":          {func(c *Config) { c.Hostname = "a b" }, "hostname: not a host name"},
	} {
		cfg := good
		cfg.Networks = append([]string(nil), good.Networks...)
		c.change(&cfg)
		err := cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if got := len(good.Address(token('a'))); got > 254 {
		t.Errorf("an address of %d characters", got)
	}
}

func TestATakenPortSaysSo(t *testing.T) {
	d := open(t, nil)
	if _, err := Listen(context.Background(), Config{Listen: d.addr}); err == nil || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("got %v", err)
	}
}

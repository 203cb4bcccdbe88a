package phone

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Transport is how the server is spoken to.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// Config is the section phone.
type Config struct {
	Server    string        `yaml:"server"`    // host:port of the exchange or provider
	Transport Transport     `yaml:"transport"` // udp or tcp
	Domain    string        `yaml:"domain"`    // in addresses; empty: the host of Server
	Username  string        `yaml:"username"`  // empty: no authentication
	Password  config.Secret `yaml:"password"`
	From      string        `yaml:"from"`     // the caller: user or number; empty: Username, or monitord
	Name      string        `yaml:"name"`     // shown beside it on phones with a display
	Register  bool          `yaml:"register"` // before each call, for servers that want it
	Dial      []DialRule    `yaml:"dial"`     // how numbers are written for the server; the first that fits
	Ring      time.Duration `yaml:"ring"`     // how long it may ring
	Limit     time.Duration `yaml:"limit"`    // of a call, from the pick-up on
	Lines     int           `yaml:"lines"`    // calls at the same time
	Timeout   time.Duration `yaml:"timeout"`  // for the server's first answer
	Ports     PortRange     `yaml:"rtp_ports"`
	Speech    Speech        `yaml:"speech"`
	Kanji     bool          `yaml:"kanji"` // the Japanese command reads kanji
	Keys      Keys          `yaml:"keys"`
}

// DialRule replaces the beginning of a number.
type DialRule struct {
	Prefix string `yaml:"prefix"` // such as +81
	To     string `yaml:"to"`     // such as 0
}

// Speech is the command of each language: an argument vector that writes WAV to
// its standard output. {text} in an argument is the text; without it the text
// goes to the standard input.
type Speech struct {
	English  []string `yaml:"en"`
	Japanese []string `yaml:"ja"`
}

// Keys is what is pressed, one key each.
type Keys struct {
	Take   string `yaml:"take"`
	Repeat string `yaml:"repeat"`
	Next   string `yaml:"next"`
}

// PortRange is UDP ports, written 16384-16483; zero is any port.
type PortRange struct{ First, Last int }

// minPorts is a range that holds an even port for each of a few calls.
const minPorts = 8

// UnmarshalText reads FIRST-LAST.
func (p *PortRange) UnmarshalText(b []byte) error {
	first, last, _ := strings.Cut(string(b), "-")
	lo, err1 := strconv.Atoi(strings.TrimSpace(first))
	hi, err2 := strconv.Atoi(strings.TrimSpace(last))
	if err1 != nil || err2 != nil || lo < 1024 || hi > 65535 || hi-lo+1 < minPorts {
		return fmt.Errorf("not a range of ports (got %q; want such as 16384-16483, at least %d ports from 1024 on)", b, minPorts)
	}
	p.First, p.Last = lo, hi
	return nil
}

// MarshalText writes FIRST-LAST, or nothing.
func (p PortRange) MarshalText() ([]byte, error) {
	if p == (PortRange{}) {
		return nil, nil
	}
	return fmt.Appendf(nil, "%d-%d", p.First, p.Last), nil
}

// DefaultConfig is what holds where nothing is written. Without a server there
// are no calls.
func DefaultConfig() Config {
	return Config{
		Transport: UDP, Name: "monitord", Ring: 30 * time.Second, Limit: 90 * time.Second, Lines: 1, Timeout: 8 * time.Second,
		Speech: Speech{
			English:  []string{"espeak-ng", "-v", "en", "-s", "160", "--stdout", "{text}"},
			Japanese: []string{"espeak-ng", "-v", "ja", "--stdout", "{text}"},
		},
		Keys: Keys{Take: "1", Repeat: "2", Next: "3"},
	}
}

var (
	userPattern = regexp.MustCompile(`^[A-Za-z0-9+*#._~!-]{1,64}$`)
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
	namePattern = regexp.MustCompile(`^[A-Za-z0-9 ._-]{0,40}$`)
	rulePattern = regexp.MustCompile(`^[A-Za-z0-9+*#._-]{0,32}$`)
)

// Validate reports every fault; it touches neither network nor files. A
// configuration without a server is valid: it means that there are no calls.
func (c Config) Validate() error {
	if c.Server == "" {
		return nil
	}
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil || !isHost(host) {
		add("server", "got %q; want host:port, such as pbx.example.net:5060 or [2001:db8::1]:5060", c.Server)
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		add("server", "got port %q; want 1 to 65535", port)
	}
	if c.Transport != UDP && c.Transport != TCP {
		add("transport", "got %q; want udp or tcp", string(c.Transport))
	}
	if c.Domain != "" && !isHost(c.Domain) {
		add("domain", "got %q; want a name such as pbx.example.net, without a port", c.Domain)
	}
	if c.From != "" && !userPattern.MatchString(c.From) {
		add("from", "got %q; want a user or number, such as 3000 or +81312345678", c.From)
	}
	if !namePattern.MatchString(c.Name) {
		add("name", "got %q; want at most 40 letters, digits, blanks, dots, hyphens and underscores", c.Name)
	}
	for i, r := range c.Dial {
		if r.Prefix == "" || !rulePattern.MatchString(r.Prefix) || !rulePattern.MatchString(r.To) {
			add(config.IndexPath("dial", i), "got %q to %q; want digits, such as {prefix: \"+81\", to: \"0\"}", r.Prefix, r.To)
		}
	}
	return errors.Join(append(faults, c.validateLogin(), c.validateTimes(), c.Keys.validate(), c.Speech.validate())...)
}

func isHost(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Zone() == ""
	}
	return hostPattern.MatchString(s)
}

func (c Config) validateLogin() error {
	switch {
	case c.Username == "" && !c.Password.IsZero():
		return config.Faultf("username", "is missing, but there is a password")
	case c.Username == "" && c.Register:
		return config.Faultf("username", "is missing; want the account that is registered")
	case c.Username != "" && !userPattern.MatchString(c.Username):
		return config.Faultf("username", "got %q; want letters, digits and + . _ -", c.Username)
	case c.Username != "" && c.Password.IsZero():
		return config.Faultf("password", "is missing; want {file: PATH}")
	}
	return nil
}

func (c Config) validateTimes() error {
	var faults []error
	span := func(path string, got, least, most time.Duration) {
		if got < least || got > most {
			faults = append(faults, config.Faultf(path, "got %s; want %s to %s", config.FormatDuration(got), config.FormatDuration(least), config.FormatDuration(most)))
		}
	}
	span("ring", c.Ring, 5*time.Second, 3*time.Minute)
	span("limit", c.Limit, 30*time.Second, 10*time.Minute)
	span("timeout", c.Timeout, time.Second, 32*time.Second)
	if c.Lines < 1 || c.Lines > 100 {
		faults = append(faults, config.Faultf("lines", "got %d; want 1 to 100", c.Lines))
	}
	return errors.Join(faults...)
}

func (k Keys) validate() error {
	var faults []error
	for path, key := range map[string]string{"keys.take": k.Take, "keys.repeat": k.Repeat, "keys.next": k.Next} {
		if len(key) != 1 || !strings.Contains("0123456789*#", key) {
			faults = append(faults, config.Faultf(path, "got %q; want one key, 0 to 9, * or #", key))
		}
	}
	if k.Take == k.Repeat || k.Repeat == k.Next || k.Take == k.Next {
		faults = append(faults, config.Faultf("keys", "the same key twice; want three different ones"))
	}
	return errors.Join(faults...)
}

func (s Speech) validate() error {
	var faults []error
	for path, command := range map[string][]string{"speech.en": s.English, "speech.ja": s.Japanese} {
		if len(command) == 0 || command[0] == "" || strings.Contains(command[0], textMark) {
			faults = append(faults, config.Faultf(path, "want a program and its arguments, such as [espeak-ng, --stdout, \"{text}\"]"))
		}
	}
	return errors.Join(faults...)
}

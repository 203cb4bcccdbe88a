package syslog

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/alerting/notify"
	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section syslog: destinations by name.
type Config map[string]Destination

// Destination is one log.
type Destination struct {
	Address    string        `yaml:"address"`     // udp://, tcp:// or tls:// HOST:PORT, or unix:///dev/log
	Facility   string        `yaml:"facility"`    // one of facilities; empty: daemon
	Hostname   string        `yaml:"hostname"`    // ours in the messages; empty: this machine's name
	AppName    string        `yaml:"app_name"`    // empty: monitord
	DataID     string        `yaml:"sd_id"`       // of the structured data; empty: DefaultDataID
	CAFile     string        `yaml:"ca_file"`     // PEM; empty: the system's authorities
	ServerName string        `yaml:"server_name"` // in the receiver's certificate; empty: the host of Address
	CertFile   string        `yaml:"cert_file"`   // our certificate and its key, PEM; empty: none
	KeyFile    string        `yaml:"key_file"`
	Timeout    time.Duration `yaml:"timeout"` // of one message; 0: DefaultTimeout
}

// DefaultTimeout is how long one message may take.
const DefaultTimeout = 10 * time.Second

// DefaultDataID names the structured data. 32473 is the number for examples (RFC
// 5612): who has an enterprise number of IANA sets their own.
const DefaultDataID = "monitord@32473"

// facilities are the names of RFC 5424's facilities 0 to 23, as syslog.conf has
// them.
var facilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
	"audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// DefaultConfig has no destination.
func DefaultConfig() Config { return Config{} }

// Validate checks the names.
func (c Config) Validate() error { return notify.NamesValid(c) }

// dataID is NAME@ENTERPRISE (RFC 5424, 6.3.2).
var dataID = regexp.MustCompile(`^[!#-<>-?A-\\^-~]{1,20}@[0-9]+(\.[0-9]+)*$`)

// Validate reports every fault; it touches neither network nor files.
func (d *Destination) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	network, _, err := d.endpoint()
	if err != nil {
		add("address", "%v", err)
	}
	if d.Facility != "" && !slices.Contains(facilities, d.Facility) {
		add("facility", "got %q; want one of %s", d.Facility, strings.Join(facilities, ", "))
	}
	for path, field := range map[string]struct {
		value string
		most  int
	}{"hostname": {d.Hostname, 255}, "app_name": {d.AppName, 48}} {
		if field.value != "" && field.value != headerField(field.value, field.most) {
			add(path, "got %q; want at most %d printable ASCII letters without blanks", field.value, field.most)
		}
	}
	if d.DataID != "" && (!dataID.MatchString(d.DataID) || len(d.DataID) > 32) {
		add("sd_id", "got %q; want NAME@ENTERPRISE-NUMBER, such as %s", d.DataID, DefaultDataID)
	}
	if (d.CertFile == "") != (d.KeyFile == "") {
		add("cert_file", "and key_file belong together")
	}
	if err == nil && network != "tls" && d.CAFile+d.ServerName+d.CertFile != "" {
		add("address", "got %s with keys of TLS (ca_file, server_name, cert_file); want tls://HOST:6514", d.Address)
	}
	if d.Timeout != 0 && (d.Timeout < time.Second || d.Timeout > 5*time.Minute) {
		add("timeout", "got %s; want 1s to 5m", d.Timeout)
	}
	return errors.Join(faults...)
}

// endpoint reads the address: udp, tcp or tls with HOST:PORT, or unix with a path.
func (d *Destination) endpoint() (network, address string, err error) {
	want := fmt.Errorf("got %q; want udp://HOST:514, tcp://HOST:601, tls://HOST:6514 or unix:///dev/log", d.Address)
	u, err := url.Parse(d.Address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", want
	}
	switch u.Scheme {
	case "unix":
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return "", "", want
		}
		return "unix", u.Path, nil
	case "udp", "tcp", "tls":
		host, port, err := net.SplitHostPort(u.Host)
		if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 || u.Path != "" && u.Path != "/" {
			return "", "", want
		}
		return u.Scheme, u.Host, nil
	}
	return "", "", want
}

package http

import (
	"errors"
	"net/url"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of an http check; sample.yaml says what each decides.
type Config struct {
	URL           string            `yaml:"url"`
	SSL           bool              `yaml:"ssl"`
	Port          int               `yaml:"port"`
	Path          string            `yaml:"path"`
	Connect       string            `yaml:"connect"`
	Family        netdial.Family    `yaml:"family"`
	Method        string            `yaml:"method"`
	Headers       map[string]string `yaml:"headers"`
	Body          string            `yaml:"body"`
	Username      string            `yaml:"username"`
	Password      config.Secret     `yaml:"password"`
	Status        StatusSet         `yaml:"status"`
	WarningStatus StatusSet         `yaml:"warning_status"`
	Contains      string            `yaml:"contains"`
	NotContains   string            `yaml:"not_contains"`
	Regexp        string            `yaml:"regexp"`
	JSONPath      string            `yaml:"json_path"`
	JSONValue     string            `yaml:"json_value"`
	SizeMin       int               `yaml:"size_min"`
	SizeMax       int               `yaml:"size_max"`
	MaxBody       int               `yaml:"max_body"`
	Redirects     string            `yaml:"redirects"`
	MaxRedirects  int               `yaml:"max_redirects"`
	Verify        bool              `yaml:"tls_verify"`
	CAFile        string            `yaml:"tls_ca_file"`
	ServerName    string            `yaml:"tls_server_name"`
	CertWarning   int               `yaml:"cert_warning_days"`
	CertCritical  int               `yaml:"cert_critical_days"`
	Warning       *checks.Threshold `yaml:"warning"`
	Critical      *checks.Threshold `yaml:"critical"`
	Form          map[string]string `yaml:"form"`

	Secrets map[string]config.Secret `yaml:"secrets"`
	Steps   []Step                   `yaml:"steps"`
}

// Step is one of several requests; sample.yaml says what each key decides.
type Step struct {
	Name        string             `yaml:"name"`
	URL         string             `yaml:"url"`
	Method      string             `yaml:"method"`
	Headers     map[string]string  `yaml:"headers"`
	Body        string             `yaml:"body"`
	Form        map[string]string  `yaml:"form"`
	Status      StatusSet          `yaml:"status"`
	Contains    string             `yaml:"contains"`
	NotContains string             `yaml:"not_contains"`
	Regexp      string             `yaml:"regexp"`
	JSONPath    string             `yaml:"json_path"`
	JSONValue   string             `yaml:"json_value"`
	SizeMin     int                `yaml:"size_min"`
	SizeMax     int                `yaml:"size_max"`
	Capture     map[string]Capture `yaml:"capture"`
}

// Capture takes a value out of an answer; one of the three is set.
type Capture struct {
	Regexp string `yaml:"regexp"` // its first group, or all of it
	JSON   string `yaml:"json"`   // a path such as $.session.token
	Header string `yaml:"header"`
}

// The values of Config.Redirects and Config.Connect.
const (
	RedirectsFollow   = "follow"
	RedirectsNone     = "none"
	RedirectsSameHost = "same-host"

	ConnectURL    = "url"
	ConnectTarget = "target"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Path: "/", Connect: ConnectURL, Family: netdial.FamilyAny, Method: "GET", Status: StatusSet{"200-399"},
		MaxBody: 1 << 20, Redirects: RedirectsFollow, MaxRedirects: 10, Verify: true,
	}
}

// maxBodyLimit bounds what one run may hold in memory.
const maxBodyLimit = 64 << 20

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{
		c.validateWhere(), c.validateRequest(),
		c.WarningStatus.validate("warning_status"), c.validateSteps(),
	}
	if c.MaxBody < 1 || c.MaxBody > maxBodyLimit {
		faults = append(faults, config.Faultf("max_body", "got %d; want 1 to %d", c.MaxBody, maxBodyLimit))
	}
	switch c.Redirects {
	case RedirectsFollow, RedirectsNone, RedirectsSameHost:
	default:
		faults = append(faults, config.Faultf("redirects", "got %q; want follow, none or same-host", c.Redirects))
	}
	if c.MaxRedirects < 0 || c.MaxRedirects > 50 {
		faults = append(faults, config.Faultf("max_redirects", "got %d; want 0 to 50", c.MaxRedirects))
	}
	if c.CertWarning < 0 {
		faults = append(faults, config.Faultf("cert_warning_days", "got %d; want 0 or more", c.CertWarning))
	}
	if c.CertCritical < 0 {
		faults = append(faults, config.Faultf("cert_critical_days", "got %d; want 0 or more", c.CertCritical))
	}
	return errors.Join(faults...)
}

func (c *Config) validateWhere() error {
	var faults []error
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			faults = append(faults, config.Faultf("url", "got %q; want http://HOST/PATH or https://HOST/PATH", c.URL))
		} else if u.User != nil {
			faults = append(faults, config.Faultf("url", "holds a password, which pages and logs would show; want username and password: {file: PATH}"))
		}
	}
	if c.Port < 0 || c.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 0 to 65535", c.Port))
	}
	if !strings.HasPrefix(c.Path, "/") {
		faults = append(faults, config.Faultf("path", "got %q; want a path that begins with /", c.Path))
	}
	if c.Connect != ConnectURL && c.Connect != ConnectTarget {
		faults = append(faults, config.Faultf("connect", "got %q; want url or target", c.Connect))
	}
	if !c.Family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", c.Family))
	}
	return errors.Join(faults...)
}

func (c *Config) validateRequest() error {
	var faults []error
	if c.Username == "" && !c.Password.IsZero() {
		faults = append(faults, config.Faultf("username", "is missing beside password"))
	}
	return errors.Join(faults...)
}

package httpd

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"monitord/internal/config"
)

// Config is the part of the configuration about the pages' listener; its keys
// stand at the top level.
type Config struct {
	Listen     string    `yaml:"listen"`      // HOST:PORT; beyond loopback only with tls and auth: always
	TLS        TLSConfig `yaml:"tls"`         // none on loopback
	Auth       string    `yaml:"auth"`        // AuthReadOpen or AuthAlways
	Names      []string  `yaml:"names"`       // further names by which browsers may reach us, without a port
	TokensFile string    `yaml:"tokens_file"` // API tokens, as LoadTokens reads them; empty is none
}

// TLSConfig names the server's certificate.
type TLSConfig struct {
	CertFile string `yaml:"cert_file"` // PEM, the whole chain
	KeyFile  string `yaml:"key_file"`  // PEM
}

// The values of Config.Auth.
const (
	AuthReadOpen = "read-open" // who can reach us may read
	AuthAlways   = "always"    // reading needs a login, too
)

// DefaultConfig listens on loopback, reading open.
func DefaultConfig() *Config {
	return &Config{Listen: "127.0.0.1:8460", Auth: AuthReadOpen}
}

// Section is the listener's part of the configuration. Its value is a *Config.
func Section() config.Section {
	return config.Section{Name: "http", Inline: true, Target: func() any { return DefaultConfig() }}
}

// Enabled reports whether TLS is configured.
func (t TLSConfig) Enabled() bool { return t.CertFile != "" && t.KeyFile != "" }

// Validate checks that both files are named, or none.
func (t TLSConfig) Validate() error {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		return config.Faultf("key_file", "it is missing (want the key of cert_file)")
	case t.CertFile == "" && t.KeyFile != "":
		return config.Faultf("cert_file", "it is missing (want the certificate of key_file)")
	}
	return nil
}

// Validate checks each key, and that nothing listens beyond loopback without
// TLS and authentication.
func (c *Config) Validate() error {
	var faults []error
	if c.Auth != AuthReadOpen && c.Auth != AuthAlways {
		faults = append(faults, config.Faultf("auth", "unknown (got %q; want %s or %s)", c.Auth, AuthReadOpen, AuthAlways))
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		faults = append(faults, config.Faultf("listen", "not an address (got %q; want HOST:PORT, such as 127.0.0.1:8460)", c.Listen))
	} else if _ = n; !isLoopback(host) && (!c.TLS.Enabled() || c.Auth != AuthAlways) {
		faults = append(faults, config.Faultf("listen", "%s is beyond loopback: that needs tls.cert_file, tls.key_file and auth: always, so that neither passwords nor your network's state are readable on the way (or listen on 127.0.0.1)", c.Listen))
	}
	for i, name := range c.Names {
		if got, ok := hostName(name); !ok || got != strings.ToLower(name) {
			faults = append(faults, config.Faultf(config.IndexPath("names", i), "not a host name (got %q; want one such as monitor.example.net, without a port)", name))
		}
	}
	return errors.Join(faults...)
}

// Loopback reports whether only this machine can reach the listener.
func (c *Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

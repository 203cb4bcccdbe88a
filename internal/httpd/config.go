package httpd

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
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
	PublicURL  string    `yaml:"public_url"`  // where people reach the pages, for links in messages; empty: as listen and names say
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
	if c.PublicURL != "" && !publicURL(c.PublicURL) {
		faults = append(faults, config.Faultf("public_url", "no address for links (got %q; want one such as https://monitor.example.net, without a path; http only on loopback)", c.PublicURL))
	}
	return errors.Join(faults...)
}

// publicURL reports whether a text is a scheme, a host and perhaps a port. Links
// in messages are secrets: they go over TLS, or stay on this machine.
func publicURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "#") {
		return false
	}
	name, ok := hostName(u.Host)
	return ok && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(name))
}

// MessageURL is the beginning of links in messages, such as
// https://monitor.example.net. It is "" when no other machine could open them:
// then nothing public is configured, and address, where we really listen, is
// loopback or a wildcard without a name.
func (c *Config) MessageURL(address net.Addr) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	if c.Loopback() {
		return ""
	}
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return ""
	}
	if len(c.Names) > 0 {
		host = c.Names[0]
	} else if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return ""
	}
	return "https://" + net.JoinHostPort(host, port)
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

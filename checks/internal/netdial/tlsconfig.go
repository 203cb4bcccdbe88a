package netdial

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS is what a check is told about TLS.
type TLS struct {
	Verify     bool
	CAFile     string // PEM; empty means the system's authorities
	ServerName string // empty means the name that is asked for
}

// Config builds the client configuration. name is used for SNI and for the
// certificate when t names no other. An old version of the protocol is left to
// the peer's administrator: TLS 1.0 is enough for us to ask how the service is.
func (t TLS) Config(name string) (*tls.Config, error) {
	cfg := &tls.Config{ServerName: name, InsecureSkipVerify: !t.Verify, MinVersion: tls.VersionTLS10}
	if t.ServerName != "" {
		cfg.ServerName = t.ServerName
	}
	if t.CAFile == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read ca_file %s: no certificate in it (want PEM)", t.CAFile)
	}
	return cfg, nil
}

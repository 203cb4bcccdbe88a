package snmp

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/config"
)

// Version is the number of a version on the wire.
type Version int

// The versions. V1 has neither bulk requests nor 64-bit counters.
const (
	V1  Version = 0
	V2c Version = 1
	V3  Version = 3
)

// String is 1, 2c or 3.
func (v Version) String() string {
	switch v {
	case V1:
		return "1"
	case V2c:
		return "2c"
	}
	return "3"
}

// UnmarshalText reads 1, 2c, 2 or 3, with or without a v.
func (v *Version) UnmarshalText(b []byte) error {
	switch strings.TrimPrefix(strings.ToLower(string(b)), "v") {
	case "1":
		*v = V1
	case "2c", "2":
		*v = V2c
	case "3":
		*v = V3
	default:
		return fmt.Errorf("got %q; want 1, 2c or 3", b)
	}
	return nil
}

// MarshalText writes what String says.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Word is a community or a pass phrase. It prints as <hidden> by every way but
// a conversion to string.
type Word string

// String hides.
func (Word) String() string { return "<hidden>" }

// GoString hides.
func (Word) GoString() string { return "<hidden>" }

// LogValue hides.
func (Word) LogValue() slog.Value { return slog.StringValue("<hidden>") }

// MarshalText hides.
func (Word) MarshalText() ([]byte, error) { return []byte("<hidden>"), nil }

// UnmarshalText takes anything.
func (w *Word) UnmarshalText(b []byte) error { *w = Word(b); return nil }

// Level is a security level of v3 (RFC 3411 section 3.4.3).
type Level string

// The levels. LevelFit is as high as the pass phrases allow.
const (
	LevelFit    Level = ""
	LevelNoAuth Level = "noAuthNoPriv"
	LevelAuth   Level = "authNoPriv"
	LevelPriv   Level = "authPriv"
)

// UnmarshalText reads a level, in any case, with net-snmp's short forms too.
func (l *Level) UnmarshalText(b []byte) error {
	switch strings.ToLower(string(b)) {
	case "":
		*l = LevelFit
	case "noauthnopriv", "noauth", "nanp":
		*l = LevelNoAuth
	case "authnopriv", "auth", "anp":
		*l = LevelAuth
	case "authpriv", "priv", "ap":
		*l = LevelPriv
	default:
		return fmt.Errorf("got %q; want noAuthNoPriv, authNoPriv or authPriv", b)
	}
	return nil
}

// AuthProtocol is how a v3 message is signed: MD5, SHA (RFC 3414), SHA-224 to
// SHA-512 (RFC 7860); the zero value is MD5, as in net-snmp.
type AuthProtocol string

var authProtocols = map[string]gosnmp.SnmpV3AuthProtocol{
	"": gosnmp.MD5, "MD5": gosnmp.MD5, "SHA": gosnmp.SHA, "SHA1": gosnmp.SHA, "SHA224": gosnmp.SHA224, "SHA256": gosnmp.SHA256,
	"SHA384": gosnmp.SHA384, "SHA512": gosnmp.SHA512,
}

// PrivProtocol is how a v3 message is encrypted: DES (RFC 3414), AES (RFC
// 3826), AES-192 and AES-256 (Blumenthal's draft, as net-snmp), AES-192-C and
// AES-256-C (Reeder's key extension, as Cisco); the zero value is DES.
type PrivProtocol string

var privProtocols = map[string]gosnmp.SnmpV3PrivProtocol{
	"": gosnmp.DES, "DES": gosnmp.DES, "AES": gosnmp.AES, "AES128": gosnmp.AES, "AES192": gosnmp.AES192, "AES256": gosnmp.AES256,
	"AES192C": gosnmp.AES192C, "AES256C": gosnmp.AES256C,
}

func protocolKey(s string) string { return strings.ReplaceAll(strings.ToUpper(s), "-", "") }

// Credentials are what an agent asks for: a community, or a user of v3. Its
// words print as <hidden>.
type Credentials struct {
	Version       Version      `yaml:"version"`
	Community     Word         `yaml:"community"` // v1, v2c
	User          string       `yaml:"user"`      // v3, as the rest
	Level         Level        `yaml:"level"`
	AuthProtocol  AuthProtocol `yaml:"auth_protocol"`
	AuthPassword  Word         `yaml:"auth_password"`
	PrivProtocol  PrivProtocol `yaml:"priv_protocol"`
	PrivPassword  Word         `yaml:"priv_password"`
	Context       string       `yaml:"context"`
	ContextEngine string       `yaml:"context_engine"` // hexadecimal; "" is the agent's own
}

// DefaultCredentials is v2c without a community.
func DefaultCredentials() Credentials { return Credentials{Version: V2c} }

// SecurityLevel is Level, worked out.
func (c Credentials) SecurityLevel() Level {
	switch {
	case c.Level != LevelFit:
		return c.Level
	case c.PrivPassword != "":
		return LevelPriv
	case c.AuthPassword != "":
		return LevelAuth
	}
	return LevelNoAuth
}

// Validate reports every fault.
func (c *Credentials) Validate() error {
	if c.Version != V3 {
		return c.validateCommunity()
	}
	var faults []error
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if c.User == "" || len(c.User) > 32 {
		fault("user", "got %d octets; want 1 to 32: version 3 asks for a user", len(c.User))
	}
	if c.Community != "" {
		fault("community", "stands beside version 3, which has users: remove it, or set version: 2c")
	}
	level := c.SecurityLevel()
	if level != LevelNoAuth && c.AuthPassword == "" {
		fault("auth_password", "is missing; level %s asks for one", level)
	}
	if level == LevelPriv && c.PrivPassword == "" {
		fault("priv_password", "is missing; level %s asks for one", level)
	}
	if _, ok := authProtocols[protocolKey(string(c.AuthProtocol))]; !ok {
		fault("auth_protocol", "got %q; want MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512", c.AuthProtocol)
	}
	if _, ok := privProtocols[protocolKey(string(c.PrivProtocol))]; !ok {
		fault("priv_protocol", "got %q; want DES, AES, AES-192, AES-256, AES-192-C or AES-256-C", c.PrivProtocol)
	}
	if _, err := contextEngine(c.ContextEngine); err != nil {
		fault("context_engine", "got %q; want hexadecimal digits, 5 to 32 octets", c.ContextEngine)
	}
	return errors.Join(faults...)
}

func (c *Credentials) validateCommunity() error {
	var faults []error
	if c.Community == "" || len(c.Community) > 255 {
		faults = append(faults, config.Faultf("community", "got %d octets; want 1 to 255: version %s asks for a community", len(c.Community), c.Version))
	}
	if c.User != "" || c.AuthPassword != "" || c.PrivPassword != "" {
		faults = append(faults, config.Faultf("user", "stands beside version %s, which has communities: set version: 3", c.Version))
	}
	if c.Context != "" || c.ContextEngine != "" {
		faults = append(faults, config.Faultf("context", "stands beside version %s; only version 3 has contexts", c.Version))
	}
	return errors.Join(faults...)
}

// credentialsLimit bounds a file of credentials, in bytes.
const credentialsLimit = 64 << 10

// LoadCredentials reads a file that is named as {file: PATH} in configuration:
// YAML with the keys of Credentials. Its errors name file, line and key, never
// a word.
func LoadCredentials(from config.Secret) (Credentials, error) {
	f, err := os.Open(from.File)
	if err != nil {
		return Credentials{}, fmt.Errorf("snmp credentials: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, credentialsLimit+1))
	if err == nil && len(raw) > credentialsLimit {
		err = fmt.Errorf("%s is larger than %d bytes", from.File, credentialsLimit)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("snmp credentials: %w", err)
	}
	return ParseCredentials(from.File, raw)
}

// ParseCredentials reads what is in such a file.
func ParseCredentials(file string, raw []byte) (Credentials, error) {
	c := DefaultCredentials()
	if err := config.DecodeBytes(file, raw, &c); err != nil {
		return Credentials{}, fmt.Errorf("snmp credentials: %w", err)
	}
	return c, nil
}

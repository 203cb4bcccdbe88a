package phone

import (
	"fmt"
	"net"
	"regexp"
	"strings"
)

// e164 is a number as the whole world writes it. Source: ITU-T E.164, section 6.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)

const wantAddress = "want a number such as +81312345678, an extension such as 1001, or sip:1001@pbx.example.net"

// CheckAddress refuses what is neither a number, nor an extension, nor a SIP
// address: anything else could change the request.
func CheckAddress(to string) error {
	if rest, ok := strings.CutPrefix(to, "sip:"); ok {
		user, host, both := strings.Cut(rest, "@")
		if h, port, err := net.SplitHostPort(host); err == nil && port != "" && strings.Trim(port, "0123456789") == "" && len(port) <= 5 {
			host = h
		}
		if both && userPattern.MatchString(user) && isHost(strings.Trim(host, "[]")) {
			return nil
		}
		return fmt.Errorf("not a SIP address (got %q; %s)", to, wantAddress)
	}
	if strings.HasPrefix(to, "+") && !e164.MatchString(to) || !userPattern.MatchString(to) {
		return fmt.Errorf("not a number (got %q; %s)", to, wantAddress)
	}
	return nil
}

// domain is the host part of addresses without one.
func (c Config) domain() string {
	host := c.Domain
	if host == "" {
		host, _, _ = net.SplitHostPort(c.Server)
	}
	if strings.Contains(host, ":") {
		return "[" + strings.Trim(host, "[]") + "]"
	}
	return host
}

// uri is what is dialled for an address.
func (c Config) uri(to string) (string, error) {
	if err := CheckAddress(to); err != nil {
		return "", err
	}
	if strings.HasPrefix(to, "sip:") {
		return to, nil
	}
	for _, r := range c.Dial {
		if rest, ok := strings.CutPrefix(to, r.Prefix); ok {
			to = r.To + rest
			break
		}
	}
	// # begins what is after the address. Source: RFC 3261, section 25.1.
	return "sip:" + strings.ReplaceAll(to, "#", "%23") + "@" + c.domain(), nil
}

// caller is our own address.
func (c Config) caller() string {
	user := c.From
	if user == "" {
		user = c.Username
	}
	if user == "" {
		user = "monitord"
	}
	return "sip:" + strings.ReplaceAll(user, "#", "%23") + "@" + c.domain()
}

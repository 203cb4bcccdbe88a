package mrtg

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
)

// refKind is how a target names what it counts.
type refKind int

const (
	byNumber  refKind = iota // ifIndex
	byAddress                // /192.0.2.1
	byDescr                  // \Ethernet0
	byMAC                    // !00-0a-…
	byName                   // #Gi0/1
	byType                   // %24
	byOID                    // OID&OID
)

// target is one reference: what is counted, where, and who asks.
type target struct {
	kind      refKind
	ref       string    // the number, name, address …
	objects   [2]string // of OIDs, in and out
	community snmp.Word
	version   snmp.Version
	address   string
	port      int
}

var errNoTarget = errors.New("want REFERENCE:COMMUNITY@HOST, such as 2:public@192.0.2.1")

// interfaceOIDs are names of objects that are one interface's, by its number.
var interfaceOIDs = regexp.MustCompile(`(?i)^(?:if(?:HC)?(?:In|Out)Octets|\.?1\.3\.6\.1\.2\.1\.(?:2\.2\.1\.(?:10|16)|31\.1\.1\.1\.(?:6|10)))\.(\d+)$`)

// parseTarget reads one reference, without the arithmetic around it.
func parseTarget(s string) (t target, err error) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "-"); ok { // in and out change places: pictures only
		s = rest
	}
	ref, rest, err := splitReference(s)
	if err != nil {
		return t, err
	}
	if err := t.reference(ref); err != nil {
		return t, err
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 1 {
		return t, errNoTarget
	}
	t.community = snmp.Word(strings.ReplaceAll(rest[:at], `\@`, "@"))
	return t, t.host(rest[at+1:])
}

// splitReference parts reference and COMMUNITY@HOST at the first colon that no
// backslash quotes.
func splitReference(s string) (ref, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i > 0 && i+1 < len(s): // \: \@ \& and \ itself
			i++
			b.WriteByte(s[i])
		case s[i] == ':':
			return b.String(), s[i+1:], nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errNoTarget
}

func (t *target) reference(ref string) error {
	if ref == "" {
		return errNoTarget
	}
	kinds := map[byte]refKind{'/': byAddress, '\\': byDescr, '!': byMAC, '#': byName, '%': byType}
	if kind, ok := kinds[ref[0]]; ok && len(ref) > 1 {
		t.kind, t.ref = kind, ref[1:]
		return nil
	}
	if n, err := strconv.ParseUint(ref, 10, 31); err == nil {
		t.kind, t.ref = byNumber, strconv.FormatUint(n, 10)
		return nil
	}
	in, out, ok := strings.Cut(ref, "&")
	if !ok || in == "" || out == "" {
		return fmt.Errorf("%q names no interface and no two objects", ref)
	}
	a, b := interfaceOIDs.FindStringSubmatch(in), interfaceOIDs.FindStringSubmatch(out)
	if a != nil && b != nil && a[1] == b[1] {
		t.kind, t.ref = byNumber, a[1]
		return nil
	}
	t.kind, t.objects = byOID, [2]string{in, out}
	return nil
}

// host reads HOST[:PORT[:TIMEOUT[:RETRIES[:BACKOFF[:VERSION]]]]], of which the
// times are ours.
func (t *target) host(s string) error {
	s, _, _ = strings.Cut(s, "|") // |NAME: how it is counted
	rest := ""
	if inside, after, ok := strings.Cut(strings.TrimPrefix(s, "["), "]"); strings.HasPrefix(s, "[") && ok {
		t.address, rest = inside, strings.TrimPrefix(after, ":")
	} else {
		t.address, rest, _ = strings.Cut(s, ":")
	}
	t.address = strings.TrimSpace(t.address)
	if t.address == "" || strings.ContainsAny(t.address, " \t\n/\\") {
		return errNoTarget
	}
	t.port, t.version = snmp.DefaultPort, snmp.V1
	parts := strings.Split(rest, ":")
	if p := strings.TrimSpace(parts[0]); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("port %q is none", p)
		}
		t.port = n
	}
	if len(parts) >= 5 {
		if v := strings.TrimSpace(parts[4]); v != "" {
			if err := t.version.UnmarshalText([]byte(v)); err != nil {
				return fmt.Errorf("version %q is none", v)
			}
		}
	}
	if t.version == snmp.V3 {
		return errors.New("version 3 has its words in SnmpOptions: use monitord snmp discover -v3 for this host")
	}
	return nil
}

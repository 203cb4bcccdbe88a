package dns

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	mdns "github.com/miekg/dns"
)

// Refusal is the answer of a name server that did not do what we asked.
type Refusal struct {
	Rcode int    // RFC 1035 and RFC 2136 section 2.2
	TSIG  int    // the error in the TSIG record, RFC 8945 section 3; 0: none
	Hint  string // what to do about it
}

// Error names the code and says what to do.
func (r Refusal) Error() string {
	code := name(mdns.RcodeToString, r.Rcode)
	if r.TSIG != 0 {
		code += " (" + name(mdns.RcodeToString, r.TSIG) + ")"
	}
	return "answers " + code + ": " + r.Hint
}

func name(names map[int]string, code int) string {
	if r := map[int]string{mdns.RcodeBadSig: "BADSIG"}; r[code] != "" {
		return r[code] // 16 is BADVERS in EDNS, and BADSIG in TSIG
	}
	if s := names[code]; s != "" {
		return s
	}
	return "RCODE" + strconv.Itoa(code)
}

// refusal is a Refusal when the answer is one; nil for success, for the four
// answers to a prerequisite and for a name that is not there, which the caller
// judges.
func (c *conn) refusal(answer *mdns.Msg) error {
	switch answer.Rcode {
	case mdns.RcodeSuccess, mdns.RcodeNameError, mdns.RcodeYXDomain, mdns.RcodeYXRrset, mdns.RcodeNXRrset:
		return nil
	}
	r := Refusal{Rcode: answer.Rcode}
	t := answer.IsTsig()
	if t != nil {
		r.TSIG = int(t.Error)
	}
	r.Hint = c.hint(r, t)
	return r
}

func (c *conn) hint(r Refusal, t *mdns.TSIG) string {
	keyName := "-"
	if c.key != nil {
		keyName = c.key.name
	}
	switch r.TSIG {
	case mdns.RcodeBadKey:
		return fmt.Sprintf("it does not know key %s with this algorithm (add the key to its configuration, or correct key.name and key.algorithm)", keyName)
	case mdns.RcodeBadSig:
		return fmt.Sprintf("the secret of key %s differs from ours (copy the secret again)", keyName)
	case mdns.RcodeBadTime:
		return "the clocks differ too much" + c.skew(t) + " (let NTP mend them on both machines)"
	case mdns.RcodeBadTrunc:
		return "it wants another length of signature than we send (use the key's whole algorithm, such as hmac-sha256)"
	}
	switch r.Rcode {
	case mdns.RcodeNotAuth:
		return "it is not the primary of this zone (correct server or zone)"
	case mdns.RcodeNotZone:
		return "the name is not in this zone (correct name or zone)"
	case mdns.RcodeRefused:
		return fmt.Sprintf("it does not allow it (in BIND: allow-update { key %[1]q; }; or update-policy { grant %[1]s name NAME TYPE; }; and allow-query)", keyName)
	case mdns.RcodeNotImplemented, mdns.RcodeFormatError:
		return "it does not understand dynamic updates (RFC 2136), or not of this zone"
	case mdns.RcodeServerFailure:
		return "it could not (look at its log: is the zone loaded, may it write the zone's journal, is its disk full?)"
	}
	return "it did not do it (look at its log)"
}

// skew is by how much the server's clock is ahead of ours, from its BADTIME
// answer (RFC 8945 section 5.2.3).
func (c *conn) skew(t *mdns.TSIG) string {
	raw, err := hex.DecodeString(t.OtherData)
	if c.key == nil || err != nil || len(raw) != 6 {
		return ""
	}
	var theirs int64
	for _, b := range raw {
		theirs = theirs<<8 | int64(b)
	}
	by := time.Unix(theirs, 0).Sub(c.key.now()).Round(time.Minute) // the least is the fudge
	if by < 0 {
		return fmt.Sprintf(": its clock is %s behind ours", -by)
	}
	return fmt.Sprintf(": its clock is %s ahead of ours", by)
}

package sipcall

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// maxAnswers is how often one request answers a challenge: the second time its
// nonce may have grown stale.
const maxAnswers = 2

// ErrDenied says that the server refused the user name or the password.
var ErrDenied = errors.New("the server refuses user name or password")

// answer is the request with an answer to the challenge in res; nil when res is
// no challenge. tries is how many went before. Source: RFC 3261, section 22.
func (a *Agent) answer(req *sip.Request, res *sip.Response, tries int) (*sip.Request, error) {
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case sip.StatusUnauthorized:
	case sip.StatusProxyAuthRequired:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return nil, nil
	}
	if a.account.Username == "" {
		return nil, fmt.Errorf("the server wants a user name: set username and password (%d)", res.StatusCode)
	}
	challenge, err := strongest(res.GetHeaders(asks))
	if err != nil {
		return nil, err
	}
	if tries >= maxAnswers || tries > 0 && !challenge.Stale && req.GetHeader(answers) != nil {
		return nil, ErrDenied
	}
	credentials, err := digest.Digest(challenge, digest.Options{Method: req.Method.String(), URI: req.Recipient.String(),
		Username: a.account.Username, Password: a.account.Password})
	if err != nil {
		return nil, err
	}
	next := req.Clone()
	next.RemoveHeader(answers)
	next.AppendHeader(sip.NewHeader(answers, credentials.String()))
	next.ReplaceHeader(a.via())
	seq := *next.CSeq()
	seq.SeqNo++
	next.ReplaceHeader(&seq)
	return next, nil
}

// order is the algorithms from the weakest. Source: RFC 8760, section 2.
var order = [...]string{"", "MD5", "SHA-256", "SHA-512-256"}

// strongest is the best challenge that can be answered. A server lists one for
// each algorithm.
func strongest(headers []sip.Header) (*digest.Challenge, error) {
	var best *digest.Challenge
	rank := -1
	for _, h := range headers {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil || strings.ContainsAny(h.Value(), "\r\n\x00") {
			continue
		}
		c.Algorithm = strings.ToUpper(c.Algorithm)
		for i := range c.QOP {
			c.QOP[i] = strings.TrimSpace(c.QOP[i])
		}
		// auth-int would need the body, and every server that has it has auth.
		if r := slices.Index(order[:], c.Algorithm); r > rank && (len(c.QOP) == 0 || c.SupportsQOP("auth")) {
			best, rank = c, r
		}
	}
	if best == nil {
		return nil, errors.New("the server wants an authentication that is not known here (want Digest with MD5, SHA-256 or SHA-512-256)")
	}
	return best, nil
}

package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"fmt"
	"strings"

	"layeh.com/radius"
)

// The attributes used (RFC 2865 section 5, RFC 2869 section 5.14).
const (
	attrUserName             radius.Type = 1
	attrUserPassword         radius.Type = 2
	attrReplyMessage         radius.Type = 18
	attrNASIdentifier        radius.Type = 32
	attrMessageAuthenticator radius.Type = 80
)

// request builds an Access-Request. The error is a name or password that RADIUS
// cannot carry; it says nothing of the password.
func request(secret, username, password, nas string) ([]byte, error) {
	p := radius.New(radius.CodeAccessRequest, []byte(secret))
	// First, as the defence against forged answers wants it (CVE-2024-3596).
	p.Add(attrMessageAuthenticator, make(radius.Attribute, md5.Size))
	name, err := radius.NewString(username)
	if err != nil {
		return nil, fmt.Errorf("radius user name: %w", err)
	}
	p.Add(attrUserName, name)
	hidden, err := radius.NewUserPassword([]byte(password), p.Secret, p.Authenticator[:])
	if err != nil {
		return nil, fmt.Errorf("radius password (at most 128 bytes): %w", err)
	}
	p.Add(attrUserPassword, hidden)
	if nas != "" {
		id, err := radius.NewString(nas)
		if err != nil {
			return nil, fmt.Errorf("radius nas_identifier: %w", err)
		}
		p.Add(attrNASIdentifier, id)
	}
	unsigned, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("build radius request: %w", err)
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(unsigned)
	p.Set(attrMessageAuthenticator, mac.Sum(nil))
	return p.Encode()
}

// headerSize is code, identifier, length and authenticator.
const headerSize = 20

// concerns says whether a packet is shaped like an answer to the request,
// whoever signed it.
func concerns(packet, request []byte) bool {
	if len(packet) < headerSize || packet[1] != request[1] {
		return false
	}
	switch radius.Code(packet[0]) {
	case radius.CodeAccessAccept, radius.CodeAccessReject, radius.CodeAccessChallenge:
		_, err := radius.Parse(packet, nil)
		return err == nil
	}
	return false
}

// signed says whether the packet is the answer, signed with the secret.
func signed(packet, request []byte, secret string) bool {
	return concerns(packet, request) && radius.IsAuthenticResponse(packet, request, []byte(secret))
}

// names are the values of Config.Expect by code.
var names = map[radius.Code]string{
	radius.CodeAccessAccept: ExpectAccept, radius.CodeAccessReject: ExpectReject, radius.CodeAccessChallenge: ExpectChallenge,
}

// words are the answer's code and its messages, for evidence.
func words(packet []byte) []byte {
	p, err := radius.Parse(packet, nil)
	if err != nil {
		return packet
	}
	var b strings.Builder
	b.WriteString(p.Code.String() + "\n")
	for _, a := range p.Attributes {
		if a.Type == attrReplyMessage {
			b.WriteString("Reply-Message: " + string(a.Attribute) + "\n")
		}
	}
	return []byte(b.String())
}

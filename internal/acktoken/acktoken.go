package acktoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Length is the number of characters of a token.
const Length = 56

// Reasons why a token does not count. ErrExpired and ErrForged say nothing of
// what the token would have opened.
var (
	ErrMalformed         = errors.New("it is no token")
	ErrOtherInstallation = errors.New("it was made by another installation, or before its key was replaced")
	ErrForged            = errors.New("its signature is wrong")
	ErrExpired           = errors.New("it has expired")
)

// MaxIncident is the highest incident number that a token can hold.
const MaxIncident = 1<<40 - 1

// Offsets within a token's bytes; doc.go explains them.
const (
	version     = 1
	atInstalled = 1
	atExpiry    = 3
	atIncident  = 7
	atRecipient = 12
	atMAC       = 19
	rawLength   = 35
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Recipient is one contact by one channel and address: whom a message went to.
type Recipient struct{ Contact, Channel, Address string }

// Grant is what a good token says.
type Grant struct {
	Incident  int64
	Expires   time.Time // to the minute
	recipient [atMAC - atRecipient]byte
}

// Signer makes and checks tokens with one key. It is safe for concurrent use.
type Signer struct {
	key          []byte
	installation [atExpiry - atInstalled]byte
}

// New makes a signer of a key of at least KeyLength bytes.
func New(key []byte) *Signer {
	s := &Signer{key: key}
	copy(s.installation[:], s.mac("installation", nil))
	return s
}

// mac is the HMAC of data for one purpose.
func (s *Signer) mac(purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + "\x00")) // a hash never fails
	h.Write(data)
	return h.Sum(nil)
}

func (s *Signer) recipient(r Recipient) (id [atMAC - atRecipient]byte) {
	copy(id[:], s.mac("recipient", []byte(r.Contact+"\x00"+r.Channel+"\x00"+r.Address)))
	return id
}

// Sign makes the token for a recipient of an incident. The same arguments give
// the same token. Expiry counts to the minute. It is "" for an incident number
// outside 1 to MaxIncident.
func (s *Signer) Sign(incident int64, r Recipient, expires time.Time) string {
	if incident < 1 || incident > MaxIncident {
		return ""
	}
	var b [rawLength]byte
	b[0] = version
	copy(b[atInstalled:], s.installation[:])
	binary.BigEndian.PutUint32(b[atExpiry:], uint32(expires.Unix()/60))
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(incident))
	copy(b[atIncident:], number[3:])
	id := s.recipient(r)
	copy(b[atRecipient:], id[:])
	copy(b[atMAC:], s.mac("token", b[:atMAC]))
	return encoding.EncodeToString(b[:])
}

// Verify reads a token of either case. The signature is compared in constant
// time, and before the expiry.
func (s *Signer) Verify(token string, now time.Time) (Grant, error) {
	if len(token) != Length {
		return Grant{}, ErrMalformed
	}
	b, err := encoding.DecodeString(strings.ToLower(token))
	if err != nil || len(b) != rawLength || b[0] != version {
		return Grant{}, ErrMalformed
	}
	if !hmac.Equal(b[atMAC:], s.mac("token", b[:atMAC])[:rawLength-atMAC]) {
		if !hmac.Equal(b[atInstalled:atExpiry], s.installation[:]) {
			return Grant{}, ErrOtherInstallation
		}
		return Grant{}, ErrForged
	}
	g := Grant{Expires: time.Unix(int64(binary.BigEndian.Uint32(b[atExpiry:]))*60, 0).UTC()}
	var number [8]byte
	copy(number[3:], b[atIncident:atRecipient])
	g.Incident = int64(binary.BigEndian.Uint64(number[:]))
	copy(g.recipient[:], b[atRecipient:atMAC])
	if !now.Before(g.Expires) {
		return Grant{}, ErrExpired
	}
	return g, nil
}

// For reports whether a grant is a recipient's.
func (s *Signer) For(g Grant, r Recipient) bool {
	want := s.recipient(r)
	return hmac.Equal(g.recipient[:], want[:])
}

// Package acktoken makes and checks the tokens by which a person who was told of
// an incident takes it without a login: in a link, or in the address of a reply.
//
// A token is a capability: who holds it may see one incident and take it in the
// name of one recipient, until it expires. It is bound by HMAC-SHA-256 to a key
// that only this installation has; nothing is stored for it.
//
// It is 35 bytes, written as 56 characters of base32 in lower case (RFC 4648
// section 6, no padding). A relay may change the case of a local part, and one
// has at most 64 octets (RFC 5321 section 4.5.3.1.1): "ack+" and a token are 60.
//
//	offset  bytes  what
//	0       1      version, 1
//	1       2      installation: first bytes of a hash under the key
//	3       4      expiry: minutes since 1970, big endian
//	7       5      incident number, big endian
//	12      7      recipient: first bytes of a hash under the key
//	19      16     first bytes of the HMAC over all before
//
// Sources: RFC 2104 (HMAC; section 5 on using half of its output), RFC 4648.
package acktoken

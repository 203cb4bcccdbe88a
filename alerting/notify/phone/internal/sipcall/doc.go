// Package sipcall makes one telephone call after the other over one connection
// to one SIP server: register (RFC 3261, section 10), invite, cancel, the keys
// that come as INFO, and the end by either side.
//
// It follows RFC 3261 (SIP; transactions in section 17, dialogs in section 12,
// the call in sections 13 to 15), RFC 3581 (rport), RFC 2617, 7616 and 8760
// (digest by MD5, SHA-256 and SHA-512-256), RFC 3264 and 4566 (offer, answer
// and SDP) and RFC 6086 (INFO).
//
// Messages and their parser are those of sipgo. The transactions are our own,
// because a call has needs that its dialogs do not meet: a call that is
// answered while it is being cancelled must still be acknowledged and ended,
// every goroutine must be joined, and a message that breaks the parser must
// break nothing else. One server is spoken to and nobody else is heard: a
// request from another address is not even read.
package sipcall

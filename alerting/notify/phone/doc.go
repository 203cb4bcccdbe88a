// Package phone tells by a telephone call: it rings a number through one SIP
// server, speaks, and listens for a key that takes the problem.
//
// It follows RFC 3261 (the call: sections 10, 12 to 15 and 17), RFC 2617, 7616
// and 8760 (digest), RFC 4566 and 3264 (description of the sound), RFC 3550 and
// 3551 (RTP with PCMU, which is ITU-T G.711 µ-law), RFC 4733 (keys as telephone
// events, section 2), RFC 6086 (keys as INFO), RFC 3581 and 4961 (NAT).
//
// What a call comes to: a key that takes the problem is success, once that is
// durable. A person who listened and did not take it has Passed it on; nobody
// who picks up, a busy line and a wrong number are Permanent, so that the next
// way is taken at once; a server that cannot be reached or answers 5xx is tried
// again. A call that broke after it was picked up and before a second of speech
// was sent is InDoubt.
//
// Speech comes from a program of the operator's choice, which is started for
// each call through internal/runner and gets the text as one argument or on its
// standard input. Where it fails, tones are played and the keys work all the
// same: a phone that rings is better than none.
//
// What is not protected: SIP over UDP or TCP and RTP are in the clear. Only the
// configured server is heard, and sound only from the address that was
// negotiated or the server's own; who can forge packets from there can press
// keys. Keep the server on a network of yours.
//
// Rights needed: none.
package phone

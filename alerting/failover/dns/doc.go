// Package dns takes a dead server's record out of a name's record set, and puts
// it back when the server is well again: balance by DNS.
//
// It follows RFC 2136 (dynamic update: prerequisites in section 2.4, their
// answers in 3.2, the update in 2.5), RFC 8945 (TSIG; its errors in 5.3 and
// 5.4), RFC 1982 (how serials compare), RFC 2181 section 5.2 (a record set has
// one TTL), RFC 2782 (SRV) and RFC 7766 (messages over TCP).
//
// The pool's minimum is looked at before, and stands in the update as well: its
// prerequisite is that the record set is exactly the one that was looked at. When
// anybody changed it meanwhile the server changes nothing and says so, and we
// look again. So the set never falls below the minimum, however many act at once.
//
// Everything goes over one TCP connection to the primary, signed in both
// directions; an answer that is not signed is not believed. After the update the
// primary is asked for the set and the SOA; when told so, the secondaries are
// asked until they have the new serial. What was taken out is on disk before the
// update is sent, so that it can be put back after a restart.
//
// Rights needed: a TSIG key that may update the name. None on this machine.
package dns

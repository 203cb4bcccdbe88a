// Package dns asks a name server one question as a resolver would (RFC 1035;
// over TCP when the answer does not fit, RFC 7766; AD flag, RFC 6840 section
// 5.7) and judges response code, answer, flags and time. For a zone it can also
// ask further servers and compare their SOA serials.
//
// OK: the wanted code and the wanted answers, the same serial everywhere.
// WARNING and CRITICAL by time: beyond the limits. CRITICAL: no address (dns),
// refused or no route (connect), silence (timeout, phase query or serial),
// another response code (status), other answers, a missing flag or another
// serial (content), no DNS message (protocol). UNKNOWN: this machine could not ask.
//
// No rights are needed.
package dns

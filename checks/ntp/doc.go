// Package ntp asks a time server as a client would (RFC 5905, SNTP mode) and
// judges whether it is synchronised, its stratum, and how far its clock and
// ours are apart.
//
// OK: synchronised, within the limits. WARNING and CRITICAL by offset: beyond
// the limits (threshold). CRITICAL: no address (dns), refused or no route
// (connect), silence (timeout, phase query), not synchronised, a stratum above
// max_stratum or a kiss-o'-death (status), no NTP (protocol). UNKNOWN: this
// machine could not ask.
//
// The offset has two clocks in it: when many servers are off by the same, ours
// is the wrong one. No rights are needed; the clock is never set.
package ntp

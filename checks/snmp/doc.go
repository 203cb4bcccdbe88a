// Package snmp asks an SNMP agent for objects (RFC 3416 section 4.2.1 and
// 4.2.2, all versions) and judges their values, as check_snmp does.
//
// OK: every object is there, within its limits, and says what it should.
// WARNING and CRITICAL: a number is beyond its limits (threshold). CRITICAL: a
// text is not the expected one (content), no answer (timeout), nothing listens
// (connect), no address (dns), the agent refuses user, key or level (auth) or
// answers with an error (status). UNKNOWN: the agent has no such object
// (no-data), or a limit was set for what is no number.
//
// No rights are needed.
package snmp

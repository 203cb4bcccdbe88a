// Package snmpask is what the kinds of check that read an SNMP table have in
// common: how the agent is asked, what it means when it does not answer, and how
// readings become results and series.
//
// A kind of check brings a Kind: its table, and how a row is judged. The rest is
// here: one poller for each host, back-off from an agent that is silent, the
// overall result (an agent that does not answer is one problem, not one for each
// of its ports), and the lines about restarts and renumbering.
package snmpask

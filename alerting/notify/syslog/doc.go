// Package syslog tells a log: it sends each message to one of several named
// destinations (a contact says {syslog: NAME}), for those who keep all events of
// a site in one place.
//
// It follows RFC 5424 (the message, with structured data), RFC 5426 (UDP), RFC
// 6587 3.4.1 (TCP, octets counted) and RFC 5425 (TLS, the receiver's certificate
// checked, ours shown when there is one). A text beyond ASCII begins with the
// byte order mark that RFC 5424 6.4 asks for. The local socket /dev/log gets the
// older form (RFC 3164) that local daemons and journald read.
//
// Nothing of syslog is acknowledged. Over TCP and TLS we close our side and wait
// a little for the receiver to close its own: then it has read all. A connection
// that breaks in between leaves the message in doubt. Over UDP and /dev/log
// "sent" is all there is to know.
//
// Rights needed: none.
package syslog

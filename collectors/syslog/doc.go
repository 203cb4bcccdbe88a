// Package syslog receives the messages of other machines: by UDP, by TCP and by
// TLS, in every dialect that is met, and hands them on as lines with the host
// that they belong to.
//
// Sources: RFC 3164 (the old form, as senders of the time wrote it), RFC 5424 (the
// new form), RFC 5426 (UDP), RFC 6587 (TCP: octet counting and trailers), RFC 5425
// (TLS); Cisco's "Configure System Message Logging" for what IOS and NX-OS put
// before the time; rsyslogd, which tests run beside it as sender and as oracle.
//
// What comes by UDP or TCP proves nothing about its sender: an address can be
// made up. Such lines carry Authenticated == false. With a client certificate the
// name in it decides the host.
//
// A sender that is not within the listed networks is refused and counted. When
// what takes the lines is slow, TCP and TLS wait, and the sender keeps its
// messages; UDP cannot wait, and what finds no room is counted by its source. What
// the kernel itself drops is read from /proc/net/udp.
package syslog

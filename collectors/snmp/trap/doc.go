// Package trap receives SNMP notifications: traps and informs of versions 1, 2c
// and 3 (RFC 1157 section 4.1.6, RFC 3416 sections 4.2.6 and 4.2.7, RFC 3414).
//
// A datagram is taken when its sender's network is listed and its community or
// user is known; everything else is refused and counted. Notifications of
// version 1 are translated as RFC 3584, 3.1 says, so that a rule meets one form.
// What cannot be proved (versions 1 and 2c, users without authentication) is
// marked: it never is the only premise of an action.
//
// One goroutine reads and decodes; a bounded queue stands between it and who
// takes notifications. When that queue is full, what comes is dropped and
// counted, and so is what the kernel dropped before us. An inform is answered
// when it was taken, so that its sender sends it again when it was not.
package trap

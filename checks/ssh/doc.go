// Package ssh asks an SSH server as a client would (RFC 4253): the version line,
// and, when host keys are named, a key exchange that shows the server's. It does
// not log in.
//
// OK: the server speaks SSH 2 and, where keys are named, holds one of them. WARNING
// and CRITICAL by time. CRITICAL: no address (dns), refused or no route (connect),
// silence (timeout, in the last phase), another host key (auth: the server is not
// the one it should be) or another version than expected (content), anything that
// is no SSH (protocol). UNKNOWN: this machine could not ask.
//
// The version line is read by our own code, with limits; the key exchange is that
// of golang.org/x/crypto/ssh, which is ended as soon as the host key is proved,
// before any user is named. No rights are needed.
package ssh

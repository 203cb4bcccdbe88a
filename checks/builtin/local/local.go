// Package local lists the kinds of check that a probe can run as well as the
// server: they need nothing but the network and this machine.
package local

import (
	"monitord/checks"
	"monitord/checks/file"
	"monitord/checks/ftp"
	"monitord/checks/http"
	"monitord/checks/imap"
	"monitord/checks/mailloop"
	"monitord/checks/nntp"
	"monitord/checks/ping"
	"monitord/checks/plugin"
	"monitord/checks/pop3"
	"monitord/checks/process"
	"monitord/checks/smtp"
	"monitord/checks/ssh"
	"monitord/checks/submission"
	"monitord/checks/tcp"
	"monitord/checks/tls"
)

// Types is the list, in the order in which help shows it.
func Types() []checks.Type {
	return []checks.Type{
		ping.Type(), tcp.Type(), http.Type(),
		smtp.Type(), submission.Type(), pop3.Type(), imap.Type(),
		tls.Type(), ssh.Type(), ftp.Type(), nntp.Type(),
		mailloop.Type(),
		plugin.Type(), process.Type(), file.Type(),
	}
}

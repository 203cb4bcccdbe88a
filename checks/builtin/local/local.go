// Package local lists the kinds of check that a probe can run as well as the
// server: they need nothing but the network and this machine.
package local

import (
	"monitord/checks"
	"monitord/checks/disk"
	"monitord/checks/dns"
	"monitord/checks/file"
	"monitord/checks/ftp"
	"monitord/checks/gateway"
	"monitord/checks/http"
	"monitord/checks/imap"
	"monitord/checks/interfaces"
	"monitord/checks/ldap"
	"monitord/checks/link"
	"monitord/checks/mailloop"
	"monitord/checks/mysql"
	"monitord/checks/nntp"
	"monitord/checks/ntp"
	"monitord/checks/ping"
	"monitord/checks/plugin"
	"monitord/checks/pop3"
	"monitord/checks/postgres"
	"monitord/checks/printer"
	"monitord/checks/process"
	"monitord/checks/processors"
	"monitord/checks/radius"
	"monitord/checks/sensors"
	"monitord/checks/sip"
	"monitord/checks/smtp"
	"monitord/checks/snmp"
	snmpagent "monitord/checks/snmp-agent"
	"monitord/checks/ssh"
	"monitord/checks/storage"
	"monitord/checks/submission"
	"monitord/checks/tcp"
	"monitord/checks/tls"
	"monitord/checks/ucd"
	"monitord/checks/udp"
	"monitord/checks/ups"
)

// Types is the list, in the order in which help shows it.
func Types() []checks.Type {
	return []checks.Type{
		ping.Type(), tcp.Type(), udp.Type(), http.Type(), dns.Type(),
		smtp.Type(), submission.Type(), pop3.Type(), imap.Type(), mailloop.Type(),
		ftp.Type(), nntp.Type(), ldap.Type(), sip.Type(), ssh.Type(), ntp.Type(), tls.Type(), radius.Type(),
		mysql.Type(), postgres.Type(), snmp.Type(),
		plugin.Type(), process.Type(), file.Type(),
		link.Type(), gateway.Type(), disk.Type(),
		interfaces.Type(), storage.Type(), processors.Type(), sensors.Type(), ucd.Type(), ups.Type(), printer.Type(), snmpagent.Type(),
	}
}

// Package local lists the kinds of check that a probe can run as well as the
// server: they need nothing but the network and this machine.
package local

import (
	"monitord/checks"
	"monitord/checks/dns"
	"monitord/checks/http"
	"monitord/checks/ldap"
	"monitord/checks/mysql"
	"monitord/checks/ntp"
	"monitord/checks/ping"
	"monitord/checks/postgres"
	"monitord/checks/radius"
	"monitord/checks/sip"
	"monitord/checks/tcp"
	"monitord/checks/udp"
)

// Types is the list, in the order in which help shows it.
func Types() []checks.Type {
	return []checks.Type{ping.Type(), tcp.Type(), http.Type(), dns.Type(), postgres.Type(), mysql.Type(), ntp.Type(), udp.Type(), ldap.Type(), radius.Type(), sip.Type()}
}

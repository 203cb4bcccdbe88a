// Package builtin lists every kind of action. Adding one is its folder and one
// line here.
package builtin

import (
	"monitord/alerting/failover"
	"monitord/alerting/failover/dns"
	"monitord/alerting/failover/exec"
	"monitord/alerting/failover/heartbeat"
	"monitord/alerting/failover/keepalived"
	"monitord/alerting/failover/lsb"
	"monitord/alerting/failover/lvs"
	"monitord/alerting/failover/ocf"
	"monitord/alerting/failover/pacemaker"
	"monitord/alerting/failover/stonith"
	"monitord/alerting/failover/systemd"
	"monitord/alerting/failover/vip"
)

// Kinds are in the order in which help shows them.
func Kinds() []failover.Kind {
	return []failover.Kind{
		exec.Kind(),
		heartbeat.Kind(),
		pacemaker.Kind(),
		keepalived.Kind(),
		vip.Kind(),
		systemd.Kind(),
		lsb.Kind(),
		ocf.Kind(),
		dns.Kind(),
		lvs.Kind(),
		stonith.Kind(),
	}
}

// Package builtin lists every kind of action. Adding one is its folder and one
// line here.
package builtin

import (
	"monitord/alerting/failover"
	"monitord/alerting/failover/dns"
	"monitord/alerting/failover/exec"
	"monitord/alerting/failover/heartbeat"
	"monitord/alerting/failover/lvs"
	"monitord/alerting/failover/stonith"
)

// Kinds are in the order in which help shows them.
func Kinds() []failover.Kind {
	return []failover.Kind{
		exec.Kind(),
		heartbeat.Kind(),
		dns.Kind(),
		lvs.Kind(),
		stonith.Kind(),
	}
}

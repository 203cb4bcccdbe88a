// Package builtin lists every kind of action. Adding one is its folder and one
// line here.
package builtin

import (
	"monitord/alerting/failover"
	"monitord/alerting/failover/exec"
)

// Kinds are in the order in which help shows them.
func Kinds() []failover.Kind {
	return []failover.Kind{
		exec.Kind(),
	}
}

// Package builtin lists every kind of check of the server: those of
// builtin/local, and those that need the store or the channel.
package builtin

import (
	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/checks/metric"
	"monitord/checks/probe"
)

// Types is the list, in the order in which help shows it.
func Types() []checks.Type {
	return append(local.Types(), metric.Type(), probe.Type())
}

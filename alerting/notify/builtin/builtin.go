// Package builtin lists every kind of channel. Adding one is its folder and one
// line here.
package builtin

import (
	"monitord/alerting/notify"
	"monitord/alerting/notify/chat"
	"monitord/alerting/notify/execute"
	"monitord/alerting/notify/gateway"
	"monitord/alerting/notify/mail"
	"monitord/alerting/notify/phone"
	"monitord/alerting/notify/syslog"
	"monitord/alerting/notify/webhook"
	"monitord/internal/inventory"
)

// Kinds are in the order in which help shows them.
func Kinds() []notify.Kind {
	return []notify.Kind{
		mail.Kind(),
		phone.Kind(),
		chat.Kind(),
		webhook.Kind(),
		gateway.SMS(),
		gateway.Voice(),
		execute.Kind(),
		syslog.Kind(),
	}
}

// ChannelKinds is what the inventory needs to know of them.
func ChannelKinds() []inventory.ChannelKind {
	var list []inventory.ChannelKind
	for _, k := range Kinds() {
		list = append(list, k.ChannelKind)
	}
	return list
}

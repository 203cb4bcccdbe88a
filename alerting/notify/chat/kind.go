package chat

import (
	"time"

	"monitord/alerting/notify"
	"monitord/internal/inventory"
)

// Kind is the channel as the builtin list names it.
func Kind() notify.Kind {
	return notify.Kind{
		ChannelKind: inventory.ChannelKind{Name: "chat", Address: inventory.ValidName, Within: time.Minute},
		Summary:     "A room of Slack, Teams, Mattermost, Discord or Google Chat.",
		Section:     "chat", Sample: Sample,
		Target: func() any { c := DefaultConfig(); return &c },
		Serves: func(config any, to string) error { return notify.NameKnown("chat", *config.(*Config), to) },
		New: func(config any, deps notify.ChannelDeps) (notify.Channel, error) {
			c := *config.(*Config)
			if len(c) == 0 {
				return nil, nil
			}
			return New(c, deps), nil
		},
	}
}

package phone

import (
	"time"

	"monitord/alerting/notify"
	"monitord/internal/inventory"
)

// Kind is the channel as the builtin list names it.
func Kind() notify.Kind {
	return notify.Kind{
		ChannelKind: inventory.ChannelKind{Name: "phone", Address: CheckAddress, Within: 2 * time.Minute, Rings: true},
		Summary:     "A telephone call through a SIP server, with speech and keys.",
		Section:     "phone", Sample: Sample,
		Target: func() any { c := DefaultConfig(); return &c },
		New: func(config any, deps notify.ChannelDeps) (notify.Channel, error) {
			c := *config.(*Config)
			if c.Server == "" {
				return nil, nil
			}
			return New(c, Deps{Logger: deps.Logger, Now: deps.Now, Words: deps.Words, Dialer: deps.Dialer,
				Acknowledge: deps.Acknowledge, State: deps.State}), nil
		},
	}
}

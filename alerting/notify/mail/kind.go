package mail

import (
	"fmt"
	"net/mail"
	"time"

	"monitord/alerting/notify"
	"monitord/internal/inventory"
)

// Kind is the channel as the builtin list names it.
func Kind() notify.Kind {
	return notify.Kind{
		ChannelKind: inventory.ChannelKind{Name: "mail", Address: CheckAddress, Forms: []string{FormShort}, Within: 2 * time.Minute},
		Summary:     "Mail through a relay, with the picture inline, or short for a phone.",
		Section:     "mail", Sample: Sample,
		Target: func() any { c := DefaultConfig(); return &c },
		New: func(config any, deps notify.ChannelDeps) (notify.Channel, error) {
			c := *config.(*Config)
			if c.Relay == "" {
				return nil, nil
			}
			return New(c, deps)
		},
	}
}

// CheckAddress refuses what is no plain mail address: a display name would be
// lost, and a line break would add headers.
func CheckAddress(to string) error {
	if a, err := mail.ParseAddress(to); err != nil || a.Address != to || len(to) > 254 {
		return fmt.Errorf("not a mail address (got %q; want one such as noc@example.net)", to)
	}
	return nil
}

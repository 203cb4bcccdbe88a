package gateway

import (
	"fmt"
	"strings"
	"time"

	"monitord/alerting/notify"
	"monitord/internal/inventory"
)

// SMS is short messages, as the builtin list names it.
func SMS() notify.Kind {
	k := kind("sms", "A short message through an HTTP gateway, in one part.", smsText)
	k.Within = 2 * time.Minute
	return k
}

// Voice is calls that say a text, as the builtin list names it.
func Voice() notify.Kind {
	k := kind("voice", "A call that says what is wrong, through an HTTP gateway.", spoken)
	k.Within, k.Rings = 2*time.Minute, true
	return k
}

func kind(name, summary string, words func(notify.ChannelDeps, notify.Notification) string) notify.Kind {
	return notify.Kind{
		ChannelKind: inventory.ChannelKind{Name: name, Address: CheckNumber},
		Summary:     summary, Section: name, Sample: sampleOf(name),
		Target: func() any { c := DefaultConfig(); return &c },
		Serves: func(config any, _ string) error {
			if !config.(*Config).Post.Configured() {
				return fmt.Errorf("there is no section %s, which says by which gateway", name)
			}
			return nil
		},
		New: func(config any, deps notify.ChannelDeps) (notify.Channel, error) {
			c := *config.(*Config)
			if !c.Post.Configured() {
				return nil, nil
			}
			return New(c, deps, words)
		},
	}
}

// sampleOf is the part of the sample that a kind reads.
func sampleOf(name string) string {
	sms, voice, _ := strings.Cut(Sample, "\n# Calls")
	if name == "voice" {
		return "# Calls" + voice
	}
	return sms + "\n"
}

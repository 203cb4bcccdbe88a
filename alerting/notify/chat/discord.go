package chat

import (
	"strconv"
	"strings"
)

// discord makes a message for a webhook of Discord: an embed, whose texts are
// Markdown. allowed_mentions keeps every name from being called, whatever the
// text says.
func discord(c card) any {
	var fields []object
	for _, f := range c.Facts {
		fields = append(fields, object{"name": f.Name, "value": escapeMarkdown(f.Value, discordSigns), "inline": true})
	}
	color, _ := strconv.ParseInt(strings.TrimPrefix(c.Color, "#"), 16, 32) // ours: always six digits
	return object{
		"allowed_mentions": object{"parse": []string{}},
		"embeds": []object{{
			"title": c.Badge, "description": paragraphs(c, discordSigns), "color": color, "fields": fields, "footer": object{"text": c.Footer},
		}},
	}
}

// discordSigns are what Discord reads beside Markdown: channels, times, faces.
const discordSigns = "<:"

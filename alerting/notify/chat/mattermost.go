package chat

import "strings"

// mattermost makes a message for an incoming webhook of Mattermost: an
// attachment, whose texts are Markdown.
func mattermost(c card) any {
	var fields []object
	for _, f := range c.Facts {
		fields = append(fields, object{"short": true, "title": f.Name, "value": escapeMarkdown(f.Value, "")})
	}
	return object{"attachments": []object{{
		"fallback": strings.ReplaceAll(c.Subject, "@", "@"+noMention), "color": c.Color, "title": c.Badge,
		"text": paragraphs(c, ""), "fields": fields, "footer": c.Footer,
	}}}
}

package chat

import "strings"

// object is a value of JSON.
type object = map[string]any

// slack makes a message for an incoming webhook of Slack. All but the first line
// is rich text, which Slack shows as it is; that line is escaped as
// docs.slack.dev/messaging/formatting-message-text says.
func slack(c card) any {
	var blocks []object
	add := func(elements ...object) {
		blocks = append(blocks, object{"type": "rich_text", "elements": elements})
	}
	for _, s := range c.Lead {
		add(slackLine(slackBold(s)))
	}
	add(slackLine(slackBold(c.Headline)))
	if c.Summary != "" {
		add(slackLine(slackText(c.Summary)))
	}
	var facts []object
	for _, f := range c.Facts {
		facts = append(facts, slackLine(slackText(f.Name+": "+f.Value)))
	}
	if len(facts) > 0 {
		add(object{"type": "rich_text_list", "style": "bullet", "elements": facts})
	}
	if c.Evidence != "" {
		add(slackLine(slackText(c.Said)), object{"type": "rich_text_preformatted", "elements": []object{slackText(c.Evidence)}})
	}
	var links []object
	for _, w := range c.ways() {
		if len(links) > 0 {
			links = append(links, slackText("   "))
		}
		links = append(links, object{"type": "link", "url": w.To, "text": w.Text})
	}
	if len(links) > 0 {
		add(slackLine(links...))
	}
	add(slackLine(slackText(c.Footer)))
	return object{
		"text": slackEscaper.Replace(c.Subject), "mrkdwn": false, "unfurl_links": false, "unfurl_media": false,
		"attachments": []object{{"color": c.Color, "blocks": blocks}},
	}
}

// slackEscaper writes the three signs that Slack reads as control.
var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func slackLine(elements ...object) object {
	return object{"type": "rich_text_section", "elements": elements}
}

func slackText(s string) object { return object{"type": "text", "text": s} }

func slackBold(s string) object {
	return object{"type": "text", "text": s, "style": object{"bold": true}}
}

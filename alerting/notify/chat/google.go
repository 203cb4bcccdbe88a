package chat

import (
	"html"
	"strings"
)

// google makes a message for an incoming webhook of Google Chat: a card, whose
// texts know some HTML, in the incident's thread.
func google(c card) any {
	var widgets []object
	paragraph := func(s string) {
		widgets = append(widgets, object{"textParagraph": object{"text": s}})
	}
	for _, s := range c.Lead {
		paragraph("<b>" + html.EscapeString(s) + "</b>")
	}
	paragraph("<b>" + html.EscapeString(c.Headline) + "</b>")
	if c.Summary != "" {
		paragraph(html.EscapeString(c.Summary))
	}
	for _, f := range c.Facts {
		widgets = append(widgets, object{"decoratedText": object{"topLabel": f.Name, "text": html.EscapeString(f.Value), "wrapText": true}})
	}
	if c.Evidence != "" {
		paragraph(html.EscapeString(c.Said) + "<br>" + strings.ReplaceAll(html.EscapeString(c.Evidence), "\n", "<br>"))
	}
	var buttons []object
	for _, w := range c.ways() {
		buttons = append(buttons, object{"text": w.Text, "onClick": object{"openLink": object{"url": w.To}}})
	}
	if len(buttons) > 0 {
		widgets = append(widgets, object{"buttonList": object{"buttons": buttons}})
	}
	return object{
		"fallbackText": plainAngles.Replace(c.Subject),
		"thread":       object{"threadKey": c.Thread},
		"cardsV2": []object{{"cardId": c.ID, "card": object{
			"header":   object{"title": c.Badge, "subtitle": plainAngles.Replace(c.Footer)},
			"sections": []object{{"widgets": widgets}},
		}}},
	}
}

// plainAngles replaces the signs that make a mention (<users/all>) where there
// is no way to escape them.
var plainAngles = strings.NewReplacer("<", "‹", ">", "›")

package chat

// teams makes a message for the workflow "post to a channel when a webhook
// request is received" of Microsoft Teams: an Adaptive Card. Text is in TextRun
// elements, which know no Markdown; TextBlock and FactSet do.
func teams(c card) any {
	var body []object
	add := func(runs ...object) { body = append(body, object{"type": "RichTextBlock", "inlines": runs}) }
	for _, s := range c.Lead {
		add(teamsRun(s, object{"weight": "Bolder", "color": "Attention"}))
	}
	add(teamsRun(c.Badge, object{"weight": "Bolder", "color": string(c.Mood)}))
	add(teamsRun(c.Headline, object{"weight": "Bolder", "size": "Medium"}))
	if c.Summary != "" {
		add(teamsRun(c.Summary, nil))
	}
	for _, f := range c.Facts {
		add(teamsRun(f.Name+": ", object{"isSubtle": true}), teamsRun(f.Value, nil))
	}
	if c.Evidence != "" {
		add(teamsRun(c.Said, object{"isSubtle": true}))
		add(teamsRun(c.Evidence, object{"fontType": "Monospace", "size": "Small"}))
	}
	add(teamsRun(c.Footer, object{"isSubtle": true, "size": "Small"}))
	content := object{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"fallbackText": c.Subject, "lang": string(c.Lang), "msteams": object{"width": "Full"}, "body": body,
	}
	var actions []object
	for _, w := range c.ways() {
		actions = append(actions, object{"type": "Action.OpenUrl", "title": w.Text, "url": w.To})
	}
	if len(actions) > 0 {
		content["actions"] = actions
	}
	return object{"type": "message", "attachments": []object{{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": content}}}
}

func teamsRun(s string, style object) object {
	run := object{"type": "TextRun", "text": s}
	for k, v := range style {
		run[k] = v
	}
	return run
}

// Package chat tells rooms of chat systems through their incoming webhooks: each
// room has a name (a contact says {chat: NAME}) and a shape.
//
//	slack       blocks of rich text in an attachment
//	teams       an Adaptive Card 1.4, as a Power Automate workflow posts it
//	mattermost  an attachment in Markdown
//	discord     an embed in Markdown
//	google      a card of Google Chat, in a thread for each incident
//
// What a check or a peer said is shown as it is: it mentions nobody
// (<!channel>, @everyone, <users/all>), and formats, links and quotes nothing.
// Where a system has text that it does not interpret (Slack's rich text, Teams'
// TextRun) that is used, elsewhere the text is escaped.
//
// Only Google Chat lets a webhook answer in a thread; no system lets one change
// what it wrote without an application of its own. So a recovery is a message of
// its own.
//
// What an answer means: package webpost beside this one. Rights needed: none.
package chat

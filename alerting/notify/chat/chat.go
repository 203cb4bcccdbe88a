package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/webpost"
	"monitord/checks"
)

// Channel is the chat channel.
type Channel struct {
	rooms map[string]room
	deps  notify.ChannelDeps
}

type room struct {
	shape  shape
	client *webpost.Client
}

// shape is how a chat system wants a message.
type shape struct {
	compose func(card) any // what becomes JSON
	query   url.Values     // for the URL
}

// shapes are the systems that we know, by the name in the configuration.
func shapes() map[string]shape {
	return map[string]shape{
		"slack":      {compose: slack},
		"teams":      {compose: teams},
		"mattermost": {compose: mattermost},
		// wait: an answer only when the message is there.
		"discord": {compose: discord, query: url.Values{"wait": {"true"}}},
		"google":  {compose: google, query: url.Values{"messageReplyOption": {"REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"}}},
	}
}

// New makes the channel; config is valid.
func New(config Config, deps notify.ChannelDeps) *Channel {
	c := &Channel{rooms: map[string]room{}, deps: deps}
	for name, r := range config {
		c.rooms[name] = room{shapes()[r.Shape], webpost.New(r.Post, deps.Dialer)}
	}
	return c
}

// Send writes the message into the room that its address names.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	r, ok := c.rooms[n.To]
	if !ok {
		return "", fmt.Errorf("room %q is not configured: add it to the section chat, and reload", n.To)
	}
	body, err := json.Marshal(r.shape.compose(newCard(c.deps, n)))
	if err != nil {
		return "", notify.Permanent{Err: err}
	}
	answer, err := r.client.Do(ctx, webpost.Request{Query: r.shape.query, ContentType: "application/json", Body: body})
	if err != nil {
		return "", err
	}
	return answer.String(), nil
}

// card is what is written, before a system's form: the words, none longer than
// what every system takes.
type card struct {
	notify.Words
	ID, Thread string
	Mood       mood
	Lead       []string // what goes before the headline: a broken journal, a repeat
}

// mood is how a message looks where colours have names.
type mood string

// The moods, by the names that Adaptive Cards have for them.
const (
	moodGood      mood = "Good"
	moodWarning   mood = "Warning"
	moodAttention mood = "Attention"
	moodDefault   mood = "Default"
)

func moodOf(n notify.Notification) mood {
	switch {
	case n.Notice.Gone:
		return moodDefault
	case n.Kind == alerting.KindRecovery:
		return moodGood
	case n.Notice.State == checks.Warning:
		return moodWarning
	case n.Notice.State == checks.Critical:
		return moodAttention
	}
	return moodDefault
}

// How long texts may be, in columns, and links, in bytes. Discord takes the
// least: 6,000 letters in all, escapes included.
const (
	longestHeadline = 200
	longestSummary  = 400
	longestFact     = 100
	longestLink     = 600
)

func newCard(deps notify.ChannelDeps, n notify.Notification) card {
	c := card{Words: notify.Wording(deps, n), ID: notify.OneLine(n.ID), Thread: notify.OneLine(n.Thread), Mood: moodOf(n)}
	for _, s := range []string{c.Warning, c.Repeat} {
		if s != "" {
			c.Lead = append(c.Lead, notify.Truncate(s, longestHeadline))
		}
	}
	c.Headline = notify.Truncate(c.Headline, longestHeadline)
	c.Summary = notify.Truncate(c.Summary, longestSummary)
	for i := range c.Facts {
		c.Facts[i].Value = notify.Truncate(c.Facts[i].Value, longestFact)
	}
	return c
}

// ways are the links of a card, the one that takes the problem first.
func (c card) ways() []notify.Way {
	var list []notify.Way
	for _, w := range []notify.Way{c.Take, c.Page} {
		if w.To != "" && len(w.To) <= longestLink {
			list = append(list, w)
		}
	}
	return list
}

package alerting

import (
	"encoding/json"
	"time"

	"monitord/internal/text"
)

// replyData is Event.Data of EventReply.
type replyData struct {
	Why  string `json:"why"`            // a replies.Why
	From string `json:"from,omitempty"` // the sender as the envelope had it, or the peer
	More int    `json:"more,omitempty"` // that were left out before this one
}

// ReplyEvent is the journal's entry about a reply by mail that did not count.
// incident is 0 when it is not known; from and more as Event.Sentence shows
// them: who sent it, and how many like it have no entry.
func ReplyEvent(at time.Time, incident int64, why, from string, more int) Event {
	return Event{At: at, Kind: EventReply, Incident: incident, Data: mustJSON(replyData{why, from, more})}
}

func (e Event) replySentence() text.Message {
	var d replyData
	_ = json.Unmarshal(e.Data, &d)
	because := text.Sub("why", text.Message{ID: "event.reply.why." + d.Why})
	if d.More > 0 {
		return text.M("event.reply.more", text.Str("from", d.From), because, text.Int("more", d.More))
	}
	return text.M("event.reply", text.Str("from", d.From), because)
}

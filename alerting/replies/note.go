package replies

import (
	"monitord/alerting"
)

// note counts what did not count, and keeps it in the journal up to a rate; the
// next entry says how many were left out. from is the envelope's sender, or the
// peer's address.
func (s *Server) note(why Why, from string, incident int64) {
	s.count(string(why))
	now := s.deps.Now()
	s.mu.Lock()
	more := s.unnoted
	if s.notes.Allow("", now) {
		s.unnoted = 0
	} else {
		s.unnoted++
		more = -1
	}
	s.mu.Unlock()
	if more >= 0 {
		s.deps.Journal(alerting.ReplyEvent(now, incident, string(why), clean(from, 100), more))
	}
}

func (s *Server) count(outcome string) { s.replies.WithLabelValues(outcome).Inc() }

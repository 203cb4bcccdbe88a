package alerting

import "monitord/checks"

// backlogEvents bounds the events kept for a journal that cannot be written.
const backlogEvents = 10000

// merge puts a newer change behind an older one.
func merge(older, newer Change) Change {
	if older.Empty() {
		return newer
	}
	removed := map[checks.Service]bool{}
	for _, id := range newer.Removed {
		removed[id] = true
	}
	written := map[checks.Service]bool{}
	for _, r := range newer.Services {
		written[r.Service.Service] = true
	}
	var m Change
	for _, r := range older.Services {
		if id := r.Service.Service; !removed[id] && !written[id] {
			m.Services = append(m.Services, r)
		}
	}
	for _, id := range older.Removed {
		if !written[id] && !removed[id] {
			m.Removed = append(m.Removed, id)
		}
	}
	m.Services = append(m.Services, newer.Services...)
	m.Removed = append(m.Removed, newer.Removed...)
	m.Incidents = append(append(m.Incidents, older.Incidents...), newer.Incidents...)
	m.Messages = append(append(m.Messages, older.Messages...), newer.Messages...)
	m.Events = append(append(m.Events, older.Events...), newer.Events...)
	m.Downtimes = append(append(m.Downtimes, older.Downtimes...), newer.Downtimes...)
	return m
}

// bound keeps a backlog from growing for ever: of each incident and message the
// newest is enough, and of the events the newest.
func bound(c Change) (kept Change, dropped int) {
	c.Incidents = newest(c.Incidents, func(r IncidentRecord) int64 { return r.Incident.ID })
	c.Messages = newest(c.Messages, func(m Message) string { return m.ID })
	c.Downtimes = newest(c.Downtimes, func(d Downtime) int64 { return d.ID })
	if n := len(c.Events) - backlogEvents; n > 0 {
		c.Events, dropped = c.Events[n:], n
	}
	return c, dropped
}

// newest keeps the last element of each key, in order.
func newest[T any, K comparable](list []T, key func(T) K) []T {
	last := map[K]int{}
	for i, v := range list {
		last[key(v)] = i
	}
	var kept []T
	for i, v := range list {
		if last[key(v)] == i {
			kept = append(kept, v)
		}
	}
	return kept
}

package agent

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/spool"
)

// Pauses after a failure: doubling, with jitter, so that a thousand probes do
// not come back to a restarted server in the same second.
const (
	firstPause    = 250 * time.Millisecond
	maxPause      = 30 * time.Second
	maxRetryAfter = 5 * time.Minute
	patience      = time.Minute // of trouble before a second log line says how long it lasts
)

// stream is one kind of record on its way.
type stream interface {
	name() string
	path() string
	// limits is how much goes into one request.
	limits() (records, bytes int)
	// request makes the body. An error says that a record is not usable.
	request(rs []spool.Record) ([]byte, http.Header, error)
	// acked tells up to which record the server has them.
	acked(rs []spool.Record, a answer) (uint64, error)
}

// sender empties one spool.
type sender struct {
	agent  *Agent
	client *client
	spool  *spool.Spool
	stream stream
	log    *slog.Logger

	single   int // so many records go one by one: a batch was refused
	failures int // in a row
	since    time.Time
}

func (a *Agent) newSender(c *client, s *spool.Spool, st stream) *sender {
	return &sender{agent: a, client: c, spool: s, stream: st, log: a.log.With(logkeys.Channel, st.name())}
}

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) error {
	for ctx.Err() == nil {
		records, bytes := s.stream.limits()
		if s.single > 0 {
			records = 1
		}
		rs, err := s.spool.Peek(records, bytes)
		if err != nil {
			s.pause(ctx, s.failed(err, 0))
			continue
		}
		if len(rs) == 0 {
			select {
			case <-ctx.Done():
			case <-s.spool.Wake():
			}
			continue
		}
		if wait := s.send(ctx, rs); wait > 0 {
			s.pause(ctx, wait)
		}
	}
	return nil
}

func (s *sender) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// send tries once and returns how long to wait before the next try.
func (s *sender) send(ctx context.Context, rs []spool.Record) time.Duration {
	body, header, err := s.stream.request(rs)
	if err != nil {
		return s.refused(rs, 0, err)
	}
	ans, err := s.client.do(ctx, s.agent.sendTimeout, http.MethodPost, s.stream.path(), header, bytes.NewReader(body))
	if ctx.Err() != nil {
		return 0
	}
	s.agent.count(len(rs), len(body), err == nil && ans.status/100 == 2)
	switch {
	case err != nil:
		return s.failed(err, 0)
	case ans.status/100 == 2:
		return s.accepted(rs, ans)
	case permanent(ans.status):
		return s.refused(rs, ans.status, ans.problem())
	default:
		return s.failed(ans.problem(), retryAfter(ans.header, time.Now()))
	}
}

// permanent tells whether the server will never take these records.
func permanent(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func (s *sender) accepted(rs []spool.Record, ans answer) time.Duration {
	seq, err := s.stream.acked(rs, ans)
	if err != nil {
		return s.failed(err, 0)
	}
	if err := s.spool.Ack(seq); err != nil && s.failures == 0 {
		s.log.Warn("cannot note what was sent; it may be sent twice after a crash", logkeys.Err, err)
	}
	s.single = max(0, s.single-len(rs))
	if s.failures > 0 {
		s.log.Info("server takes data again", logkeys.Dur, time.Since(s.since).Round(time.Millisecond), logkeys.Attempt, s.failures)
	}
	s.failures = 0
	return 0
}

// refused sets one record aside; a refused batch is sent again one by one, to
// find which it is.
func (s *sender) refused(rs []spool.Record, status int, why error) time.Duration {
	if len(rs) > 1 {
		s.single = len(rs)
		return 0
	}
	s.single = max(0, s.single-1)
	s.log.Error("server will never take this record: set aside in refused/", logkeys.Err, why, logkeys.Count, rs[0].Seq)
	if err := s.spool.Refuse(rs, status); err != nil {
		return s.failed(err, 0)
	}
	return 0
}

// failed notes a failure and returns the pause. The first one is logged, then
// one line a minute.
func (s *sender) failed(err error, atLeast time.Duration) time.Duration {
	s.failures++
	if s.failures == 1 {
		s.since = time.Now()
		s.log.Warn("cannot send; keeping data in the spool", logkeys.Err, err)
	} else if s.failures%int(patience/maxPause*4) == 0 {
		s.log.Warn("still cannot send", logkeys.Err, err, logkeys.Attempt, s.failures, logkeys.Dur, time.Since(s.since).Round(time.Second))
	}
	return max(atLeast, backoff(s.failures))
}

// backoff is between half and the whole of a pause that doubles.
func backoff(failures int) time.Duration {
	d := maxPause
	if failures < 8 {
		d = min(maxPause, firstPause<<(failures-1))
	}
	return d/2 + rand.N(d/2)
}

// retryAfter reads the header (RFC 9110, 10.2.3): seconds or a date; 0 when
// there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return min(maxRetryAfter, max(0, time.Duration(min(n, 1e6))*time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(maxRetryAfter, max(0, t.Sub(now)))
	}
	return 0
}

func (a *Agent) count(records, bytes int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stats.Requests++
	if !ok {
		a.stats.FailedRequests++
		return
	}
	a.stats.SentRecords += records
	a.stats.SentBytes += bytes
}

func errNotUsable(r spool.Record, err error) error {
	return fmt.Errorf("record %d is not usable: %w", r.Seq, err)
}

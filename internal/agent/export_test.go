package agent

import (
	"time"

	"monitord/internal/spool"
	"monitord/internal/wire"
)

// SetSendTimeout shortens the patience with a server that does not answer.
func (a *Agent) SetSendTimeout(d time.Duration) { a.sendTimeout = d }

// AppendCollection keeps a collection of that moment, as collect does.
func AppendCollection(s *spool.Spool, host string, at time.Time) error {
	enc := &encoder{host: host, job: jobOwn}
	enc.start(at)
	_, err := s.Append(recordCollection, 1, func(seq uint64) ([]byte, error) {
		enc.Add(wire.SequenceMetric, float64(seq))
		return enc.pack(), nil
	})
	return err
}

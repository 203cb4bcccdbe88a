package agent

import (
	"time"

	"monitord/checks"
	"monitord/internal/logkeys"
)

// The label job, which tells Prometheus' users what kind of series this is.
const (
	jobOwn    = "node"
	jobPolled = "snmp"
)

// polledSeries opens what takes the samples of one run for another host. keep
// makes one record of them: it is refused or taken by the server as a whole, so
// that a host that was given to another probe spoils nothing beside it.
func (a *Agent) polledSeries(host string, at time.Time) (series checks.Series, keep func()) {
	enc := &encoder{host: host, job: jobPolled}
	enc.start(at)
	return enc, func() {
		if enc.count == 0 {
			return
		}
		_, err := a.polled.Append(recordCollection, enc.count, func(uint64) ([]byte, error) { return enc.pack(), nil })
		if err != nil {
			a.log.Error("samples of another host lost", logkeys.Host, host, logkeys.Err, err)
		}
	}
}

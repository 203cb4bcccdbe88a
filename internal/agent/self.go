package agent

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"monitord/collectors"
	"monitord/internal/spool"
	"monitord/internal/wire"
)

// Stats is what the daemon has done since Run.
type Stats struct {
	Collections    int // kept in the spool
	SentRecords    int // acknowledged by the server
	SentBytes      int // bodies of acknowledged requests
	Requests       int // all, answered or not
	FailedRequests int // not acknowledged
	Samples        spool.Stats
	Events         spool.Stats
	Polled         spool.Stats
}

// Stats may be called at any time; before Run it is empty.
func (a *Agent) Stats() Stats {
	a.mu.Lock()
	s := a.stats
	a.mu.Unlock()
	if a.opened.Load() {
		s.Samples, s.Events, s.Polled = a.samples.Stats(), a.events.Stats(), a.polled.Stats()
	}
	return s
}

// dropReasons are always sent, so that a first drop is an increase and not a new
// series.
var dropReasons = [...]string{spool.DropFull, spool.DropOld, spool.DropRefused, spool.DropDamaged}

// addSelf adds what the probe itself costs and holds.
func (a *Agent) addSelf(sink collectors.Sink, took time.Duration) {
	for _, s := range []struct {
		name  string
		stats spool.Stats
	}{{"events", a.events.Stats()}, {"polled", a.polled.Stats()}, {"samples", a.samples.Stats()}} {
		sink.Add("monitord_probe_spool_bytes", float64(s.stats.Bytes), "spool", s.name)
		sink.Add("monitord_probe_spool_records", float64(s.stats.Records), "spool", s.name)
		sink.Add("monitord_probe_spool_memory_records", float64(s.stats.Memory), "spool", s.name)
		for _, reason := range dropReasons {
			sink.Add("monitord_probe_spool_dropped_total", float64(s.stats.Dropped[reason].Records), "reason", reason, "spool", s.name)
		}
	}
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) == nil {
		cpu := time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
		sink.Add("monitord_probe_cpu_seconds_total", cpu.Seconds())
	}
	if rss, ok := residentBytes(); ok {
		sink.Add("monitord_probe_resident_memory_bytes", rss)
	}
	sink.Add("monitord_probe_collect_seconds", took.Seconds())
	sink.Add("monitord_probe_build_info", 1, "version", a.deps.Version)
}

// residentBytes is the second field of /proc/self/statm, in pages (proc(5)).
func residentBytes() (float64, bool) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err == nil
}

// dropReporter makes an event of each rise of a drop counter.
type dropReporter struct{ samples, events, polled map[string]spool.Count }

func (d *dropReporter) report(a *Agent) {
	for _, s := range []struct {
		spool *spool.Spool
		last  *map[string]spool.Count
	}{{a.samples, &d.samples}, {a.events, &d.events}, {a.polled, &d.polled}} {
		now := s.spool.Stats().Dropped
		for _, reason := range dropReasons {
			was, is := (*s.last)[reason], now[reason]
			if is.Records > was.Records {
				a.emit(wire.KindDrop, wire.DropData{Reason: reason, Records: is.Records - was.Records, Samples: is.Samples - was.Samples})
			}
		}
		*s.last = now
	}
}

package trendwatch

import (
	"context"
	"slices"
	"time"
)

// jobKey says whose series are behind, and for which rule.
type jobKey struct {
	rule         *rule
	label, value string
}

type job struct {
	jobKey
	due time.Time
}

// later notes that a host's series of a rule are to be caught up, once.
func (w *Watch) later(r *rule, label, value string, due time.Time) {
	key := jobKey{r, label, value}
	if !w.queue[key] {
		w.queue[key] = true
		w.jobs = append(w.jobs, job{key, due})
	}
}

// next takes the first job that is due.
func (w *Watch) next() (job, bool) {
	now := w.deps.Now()
	for i, j := range w.jobs {
		if !j.due.After(now) {
			w.jobs = slices.Delete(w.jobs, i, i+1)
			delete(w.queue, j.jobKey)
			return j, true
		}
	}
	return job{}, false
}

// piece is how many steps are asked for at once.
const piece = 2000

// catchUp reads what the series of one host have missed, from the oldest cursor
// on. What is new to us begins Config.Learn ago.
func (w *Watch) catchUp(ctx context.Context, j job) {
	r := j.rule
	head := w.heads[r]
	q, err := r.question().narrow(w.deps.Store, j.label, j.value)
	if err != nil {
		w.failed(ctx, r, err)
		return
	}
	from := w.missed(j, head)
	for from <= head {
		to := min(from+piece-1, head)
		a, err := w.ask(ctx, r, q, from, to)
		if err != nil {
			w.failed(ctx, r, err) // the next reading finds them behind again
			return
		}
		w.book.Lock()
		for _, s := range a.series {
			key := keyOf(s.Labels)
			if e := w.book.series[r][key]; e != nil && e.behind {
				w.feed(e, a, s, key)
			}
		}
		w.book.Unlock()
		from = to + 1
	}
	w.book.Lock()
	var done []*entry
	for _, e := range w.ofJob(j) {
		e.advance(head)
		e.behind, e.whole = false, true
		done = append(done, e)
	}
	w.book.Unlock()
	w.tellAll(ctx, done)
}

// ofJob lists the series that a job is about.
func (w *Watch) ofJob(j job) []*entry {
	host, _, _ := hostOf(map[string]string{j.label: j.value})
	var list []*entry
	for e := range w.book.shards[shardOf(clean(host))] {
		if e.rule == j.rule && e.behind && e.host == clean(host) {
			list = append(list, e)
		}
	}
	return list
}

// missed is the first step that one of them lacks.
func (w *Watch) missed(j job, head int64) int64 {
	w.book.Lock()
	defer w.book.Unlock()
	oldest := max(0, head-int64(w.rules.config.Learn.Seconds())/j.rule.step)
	from := head
	for _, e := range w.ofJob(j) {
		if e.cursor == 0 {
			return oldest
		}
		from = min(from, e.cursor+1)
	}
	return max(from, oldest)
}

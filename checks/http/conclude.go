package http

import (
	"strconv"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// stepResult is what came of one step.
type stepResult struct {
	finding
	name     string
	answer   answer
	failed   *checks.Result // set when there was no answer to judge
	evidence []byte
}

// conclude makes the result of all steps that were asked.
func (c *Check) conclude(r *run, results []stepResult) checks.Result {
	took := time.Since(r.started)
	last := results[len(results)-1]
	if last.failed != nil {
		last.failed.Evidence = last.evidence
		last.failed.Summary = c.inStep(len(results), last.name, last.failed.Summary)
		return *last.failed
	}
	worst, at := last, len(results)
	for i, s := range results[:len(results)-1] {
		if s.state.Worse(worst.state) {
			worst, at = s, i+1
		}
	}
	if worst.state == checks.OK && len(c.steps) > 1 {
		worst.summary = text.M("http.steps", text.Int("steps", len(results)), text.Dur("took", took))
	} else if len(c.steps) > 1 {
		worst.summary = c.inStep(at, worst.name, worst.summary)
	}
	if slow := checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical); slow.Worse(worst.state) {
		worst.finding = finding{slow, checks.ReasonThreshold, text.M("http.slow", text.Str("url", r.shown(last.answer)), text.Dur("took", took))}
	}
	out := checks.Result{
		State: worst.state, Reason: worst.reason, Summary: worst.summary,
		Perf: c.perf(results, took), Phases: r.phases.Seal(),
	}
	if out.State != checks.OK {
		out.Evidence = evidence(worst.answer.resp, worst.answer.body)
	}
	return out
}

// inStep says in which of several steps something was found.
func (c *Check) inStep(n int, name string, what text.Message) text.Message {
	if len(c.steps) == 1 {
		return what
	}
	return text.M("http.step", text.Int("step", n), text.Str("name", name), text.Sub("what", what))
}

// perf is the time of all, size and status of the last answer, and the time of
// each of several steps.
func (c *Check) perf(results []stepResult, took time.Duration) []checks.Perf {
	last := results[len(results)-1].answer
	perf := []checks.Perf{
		{Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
		{Label: "size", Value: float64(len(last.body)), Unit: checks.UnitBytes},
		{Label: "status", Value: float64(last.resp.StatusCode)},
	}
	if left, _, ok := c.certLeft(last); ok {
		perf = append(perf, checks.Perf{Label: "cert_left", Value: left.Seconds(), Unit: checks.UnitSeconds})
	}
	if len(c.steps) == 1 {
		return perf
	}
	for i, s := range results {
		perf = append(perf, checks.Perf{Label: "step" + strconv.Itoa(i+1), Value: s.answer.took.Seconds(), Unit: checks.UnitSeconds})
	}
	return perf
}

package failover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"monitord/internal/text"
)

// Ending is how carrying out a request ended.
type Ending struct {
	Progress Progress // done, failed or unknown
	Outcome  Outcome
	Error    string
	Status   Status // asked afterwards; unknown when it was not
}

// The pace of asking after an action: what it brings about may take a moment.
const (
	statusTimeout = 10 * time.Second
	verifyEvery   = 500 * time.Millisecond
	maxPremises   = 50
)

// Look asks a kind for its own premises. It never fails: that we could not look
// is a premise that does not hold.
func Look(ctx context.Context, a Action, r Request, from string) (premises []Premise) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	asked := time.Now()
	defer func() {
		if p := recover(); p != nil {
			premises = []Premise{lookFailed(fmt.Errorf("panic: %v", p), from, r.At)}
		}
	}()
	premises, err := a.Premises(ctx, r)
	premises = premises[:min(len(premises), maxPremises)]
	if err != nil {
		premises = append(premises, lookFailed(err, from, r.At.Add(time.Since(asked))))
	}
	for i := range premises {
		if premises[i].From == "" {
			premises[i].From = from
		}
	}
	return premises
}

func lookFailed(err error, from string, at time.Time) Premise {
	return Premise{Name: PremiseLook, From: from, At: at, Text: text.M("guard.look", text.Str("err", err.Error()))}
}

// Perform carries a request out, once, within the deadline, and makes sure of
// it. The caller has made ProgressStarted durable. It returns when everything
// that it started is gone.
func Perform(ctx context.Context, a Action, r Request, deadline time.Duration) Ending {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	out, err := carry(limited, a, r)
	if out.Took == 0 {
		out.Took = time.Since(began)
	}
	if over := len(out.Output) - MaxOutput; over > 0 {
		out.Output, out.Dropped = out.Output[:MaxOutput], out.Dropped+int64(over)
	}
	e := Ending{Outcome: out}
	unknown := (*Unknown)(nil)
	switch asUnknown := (Unknown{}); {
	case errors.As(err, &asUnknown):
		unknown = &asUnknown
	case out.TimedOut || err != nil && limited.Err() != nil:
		unknown = &Unknown{Err: cut(err, deadline)}
	}
	switch {
	case unknown != nil:
		e.Progress, e.Error = ProgressUnknown, unknown.Error()
		e.Status = AskStatus(ctx, a, r)
	case err != nil:
		e.Progress, e.Error = ProgressFailed, err.Error()
		e.Status = AskStatus(ctx, a, r)
	default:
		e.verify(limited, ctx, a, r)
	}
	return e
}

// cut says that the deadline came in the middle.
func cut(err error, deadline time.Duration) error {
	if err == nil {
		return fmt.Errorf("its deadline of %s came before it ended", deadline)
	}
	return fmt.Errorf("its deadline of %s came before it ended: %w", deadline, err)
}

// carry calls Do or Undo; a panic may have come anywhere, so nobody knows.
func carry(ctx context.Context, a Action, r Request) (out Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Unknown{fmt.Errorf("the action broke off: %v", p)}
		}
	}()
	if !r.Undo {
		return a.Do(ctx, r)
	}
	u, ok := a.(Undoer)
	if !ok {
		return Outcome{}, errors.New("this kind of action cannot be taken back")
	}
	return u.Undo(ctx, r)
}

// verify asks for the status until it is as wanted, or the deadline comes. A
// good exit alone is believed only when nobody can say.
func (e *Ending) verify(limited, ctx context.Context, a Action, r Request) {
	e.Progress = ProgressDone
	want := StatusDone
	if r.Undo {
		want = StatusUndone
	}
	if e.Outcome.Verified {
		e.Status = want
		return
	}
	for {
		e.Status = AskStatus(ctx, a, r)
		if e.Status == want {
			e.Outcome.Verified = true
			return
		}
		if e.Status == StatusUnknown {
			return
		}
		timer := time.NewTimer(verifyEvery)
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
			e.Progress, e.Error = ProgressFailed, "it ended well, but what it should bring about is not so"
			return
		}
	}
}

// AskStatus asks whether what a request brings about is so. It outlives ctx by
// up to 10 s: after a deadline the answer matters most.
func AskStatus(ctx context.Context, a Action, r Request) (s Status) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTimeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			s = StatusUnknown
		}
	}()
	s, err := a.Status(ctx, r)
	if err != nil {
		return StatusUnknown
	}
	return s
}

package snmp

import (
	"context"
	"errors"
	"fmt"
)

// ErrStop ends a walk without an error when fn returns it.
var ErrStop = errors.New("stop")

// DefaultWalkLimit bounds a walk: an agent that invents objects for ever.
const DefaultWalkLimit = 1 << 20

// Walk is how to read a subtree.
type Walk struct {
	Root OID // "" is everything
	// From is where to begin: the object after it is the first; "" is Root.
	From OID
	// Limit is the number of varbinds after which the walk ends with ErrTooMany;
	// 0 is DefaultWalkLimit.
	Limit int
	// Next asks object by object, by GetNext.
	Next bool
	// AnyOrder does not end when an OID is not greater than the one before
	// (net-snmp's -Cc); Limit is then all that ends an endless table.
	AnyOrder bool
	// End gets the varbind that says that there is nothing more (EndOfMibView),
	// if the agent sends one; of noSuchName, as v1 says it, the last object with
	// TypeNull. nil is fine.
	End func(Varbind)
}

// Walk calls fn with each varbind below root, in order. It asks by bulk with as
// many rows as the agent can answer (v1: one by one). fn may return ErrStop.
func (s *Session) Walk(ctx context.Context, root OID, fn func(Varbind) error) error {
	return s.WalkWith(ctx, Walk{Root: root}, fn)
}

// WalkWith is Walk with more to say. A subtree that has nothing is no error.
func (s *Session) WalkWith(ctx context.Context, w Walk, fn func(Varbind) error) error {
	last := w.Root
	if w.From != "" {
		last = w.From
	}
	left := w.Limit
	if left <= 0 {
		left = DefaultWalkLimit
	}
	for {
		a, err := s.more(ctx, w, last)
		if err != nil {
			return err
		}
		if a.Status == NoSuchName {
			if w.End != nil {
				w.End(Varbind{OID: last, Type: TypeNull})
			}
			return nil
		}
		for _, v := range a.Vars {
			if !v.OID.HasPrefix(w.Root) {
				return nil
			}
			if v.Missing() && v.Type != TypeNull {
				if w.End != nil {
					w.End(v)
				}
				return nil
			}
			if left--; left < 0 {
				return s.fail(ErrTooMany)
			}
			if v.OID.Compare(last) <= 0 && !w.AnyOrder {
				return s.fail(&OrderError{Before: last, Got: v.OID, Varbind: v})
			}
			if err := fn(v); errors.Is(err, ErrStop) {
				return nil
			} else if err != nil {
				return err
			}
			last = v.OID
		}
	}
}

// OrderError is ErrNotIncreasing with the two OIDs.
type OrderError struct {
	Before, Got OID
	Varbind     Varbind // what came out of order
}

// Error names both.
func (e *OrderError) Error() string {
	return fmt.Sprintf("%v (%s after %s)", ErrNotIncreasing, e.Got, e.Before)
}

// Is makes it ErrNotIncreasing.
func (e *OrderError) Is(target error) bool { return target == ErrNotIncreasing }

// more asks for what follows last, with fewer rows as long as the agent says
// tooBig.
func (s *Session) more(ctx context.Context, w Walk, last OID) (*Answer, error) {
	for {
		var a *Answer
		var err error
		rows := s.repeats
		bulk := !w.Next && s.device.Credentials.Version != V1
		if bulk {
			a, err = s.GetBulk(ctx, 0, rows, last)
		} else {
			a, err = s.GetNext(ctx, last)
		}
		switch {
		case err != nil:
			return nil, err
		case a.Status == TooBig && bulk && rows > 1:
			s.fewer(rows / 2)
			continue
		case a.Status == TooBig:
			return nil, s.fail(fmt.Errorf("%w: what follows %s", ErrTooBig, last))
		case a.Status != NoError && a.Status != NoSuchName:
			return nil, s.statusError(a, []OID{last})
		case a.Status == NoError && len(a.Vars) == 0:
			return nil, s.fail(errNoAnswer)
		}
		return a, nil
	}
}

// Repetitions is how many rows the session asks this device for now: what the
// device says, or fewer after tooBig or silence.
func (s *Session) Repetitions() int { return s.repeats }

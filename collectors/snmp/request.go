package snmp

import (
	"context"
	"errors"
	"fmt"
)

// maxNonRepeaters is what gosnmp can write; nobody asks for more.
const maxNonRepeaters = 255

// Get asks for exactly these objects; a v2c or v3 agent answers with one varbind
// each, in order, those that it lacks as NoSuchObject or NoSuchInstance. A v1
// agent that lacks one answers with NoSuchName and no values at all: see GetAll.
// The answer is valid until the next request. Its status is the caller's to
// look at.
func (s *Session) Get(ctx context.Context, oids ...OID) (*Answer, error) {
	return s.ask(ctx, request{kind: pduGet, oids: oids})
}

// GetNext asks for what follows each of the objects.
func (s *Session) GetNext(ctx context.Context, oids ...OID) (*Answer, error) {
	return s.ask(ctx, request{kind: pduGetNext, oids: oids})
}

// GetBulk asks for what follows the first nonRepeaters objects once, and the
// others up to repetitions times: rows of a table, column by column. An agent may
// answer with fewer, and orders them row by row. v1 has no bulk: it is asked by
// GetNext, once.
func (s *Session) GetBulk(ctx context.Context, nonRepeaters, repetitions int, oids ...OID) (*Answer, error) {
	if s.device.Credentials.Version == V1 {
		return s.GetNext(ctx, oids...)
	}
	if nonRepeaters < 0 || nonRepeaters > min(len(oids), maxNonRepeaters) || repetitions < 0 || repetitions > maxRepetitions {
		return nil, fmt.Errorf("snmp: bulk request with %d non-repeaters of %d and %d repetitions", nonRepeaters, len(oids), repetitions)
	}
	return s.ask(ctx, request{kind: pduGetBulk, nonRepeaters: nonRepeaters, maxRepetition: repetitions, oids: oids})
}

// GetAll asks for any number of objects and calls fn with each varbind, in the
// order of oids. It sends at most `each` objects at a time (0: what fits into one
// Ethernet frame), fewer where the agent says tooBig, and asks again without
// those that a v1 agent lacks, which fn gets as NoSuchObject.
func (s *Session) GetAll(ctx context.Context, each int, oids []OID, fn func(Varbind) error) error {
	for len(oids) > 0 {
		n := each
		if n <= 0 {
			n = s.fitting(oids)
		}
		n = min(n, len(oids))
		if err := s.getSome(ctx, oids[:n], fn); err != nil {
			return err
		}
		oids = oids[n:]
	}
	return nil
}

// frame is what a request and its answer should not exceed, in bytes: an
// Ethernet frame without the headers of IPv4 and UDP.
const frame = 1472

// fitting is how many of the objects go into one frame with their values, taken
// as 11 bytes each.
func (s *Session) fitting(oids []OID) int {
	size := 60 + len(s.device.Credentials.Community)
	if s.device.Credentials.Version == V3 {
		size += 140
	}
	for n, o := range oids {
		if size += tlvSize(varbindSize(o)) + 9; size > frame {
			return max(1, n)
		}
	}
	return len(oids)
}

// getSome asks for oids in one request, or in more when it must.
func (s *Session) getSome(ctx context.Context, oids []OID, fn func(Varbind) error) error {
	a, err := s.Get(ctx, oids...)
	if err != nil {
		return err
	}
	switch {
	case a.Status == TooBig && len(oids) > 1:
		half := len(oids) / 2
		if err := s.getSome(ctx, oids[:half], fn); err != nil {
			return err
		}
		return s.getSome(ctx, oids[half:], fn)
	case a.Status == TooBig:
		return s.fail(fmt.Errorf("%w: %s", ErrTooBig, oids[0]))
	case a.Status == NoSuchName && a.Index >= 1 && a.Index <= len(oids):
		return s.getWithout(ctx, oids, a.Index-1, fn)
	case a.Status != NoError:
		return s.statusError(a, oids)
	case len(a.Vars) != len(oids):
		return s.fail(fmt.Errorf("%d objects were asked for, the agent answers with %d", len(oids), len(a.Vars)))
	}
	if err := inOrder(oids, a.Vars); err != nil {
		return s.fail(err)
	}
	for _, v := range a.Vars {
		if err := fn(v); err != nil {
			return err
		}
	}
	return nil
}

// inOrder puts what came into the order in which it was asked for: some agents
// answer in one of their own, and a value must never be taken for another's.
func inOrder(oids []OID, vars []Varbind) error {
	for i, want := range oids {
		if vars[i].OID == want {
			continue
		}
		at := i + 1
		for at < len(vars) && vars[at].OID != want {
			at++
		}
		if at == len(vars) {
			return fmt.Errorf("the agent was asked for %s and answers with %s", want, vars[i].OID)
		}
		vars[i], vars[at] = vars[at], vars[i]
	}
	return nil
}

// getWithout asks for the objects before and after one that a v1 agent lacks.
func (s *Session) getWithout(ctx context.Context, oids []OID, lacking int, fn func(Varbind) error) error {
	if lacking > 0 {
		if err := s.getSome(ctx, oids[:lacking], fn); err != nil {
			return err
		}
	}
	if err := fn(Varbind{OID: oids[lacking], Type: TypeNoSuchObject}); err != nil {
		return err
	}
	if lacking+1 == len(oids) {
		return nil
	}
	return s.getSome(ctx, oids[lacking+1:], fn)
}

func (s *Session) statusError(a *Answer, oids []OID) error {
	e := &StatusError{Status: a.Status, Index: a.Index}
	if a.Index >= 1 && a.Index <= len(oids) {
		e.OID = oids[a.Index-1]
	}
	return s.fail(e)
}

// errNoAnswer guards against an agent that answers with nothing.
var errNoAnswer = errors.New("the agent answers without any object")

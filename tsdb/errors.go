package tsdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/storage"
)

// Errors that a caller decides on; test with errors.Is.
var (
	// ErrFull means that the disk has less free room than Options.MinFreeBytes:
	// nothing of the batch was stored; the same batch may be sent again later.
	ErrFull = errors.New("not enough free disk space")
	// ErrWrite means that the log could not be written or synced. Nothing of the
	// batch is acknowledged; the store opens itself again; send the batch again.
	ErrWrite = errors.New("write to the store's log")
	// ErrReopening means that the store is being opened again after ErrWrite.
	ErrReopening = errors.New("the store is being opened again")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("the store is closed")
	// ErrLocked means that another server holds the directory.
	ErrLocked = errors.New("the directory is used by another server")
	// ErrTooFarAhead means a timestamp more than MaxAhead after the server's clock.
	ErrTooFarAhead = errors.New("timestamp is too far ahead of the server's clock")
	// ErrTooOld means a timestamp older than the out-of-order window or than the
	// oldest time that the store can still take.
	ErrTooOld = errors.New("timestamp is too old")
	// ErrDuplicate means another value for a timestamp that is stored already.
	ErrDuplicate = errors.New("another value is stored for this timestamp")
	// ErrInvalid means labels or a histogram that are not well-formed.
	ErrInvalid = errors.New("invalid series or sample")
	// ErrOtherHost means a series of a host that the sender may not speak for.
	ErrOtherHost = errors.New("series of another host")
)

// Reason says why a sample was refused for ever. It is the value of the label
// `reason` of monitord_tsdb_samples_refused_total.
type Reason string

// The reasons.
const (
	ReasonAhead     Reason = "too_far_ahead"
	ReasonTooOld    Reason = "too_old"
	ReasonDuplicate Reason = "duplicate"
	ReasonInvalid   Reason = "invalid"
	ReasonOtherHost Reason = "other_host"
)

var reasons = [...]Reason{ReasonAhead, ReasonTooOld, ReasonDuplicate, ReasonInvalid, ReasonOtherHost}

// RefusedError reports the samples of a batch that were refused for ever, while
// all others of the batch were stored and synced. Sending them again is useless.
// errors.Is finds the sentinels of the reasons that occur.
type RefusedError struct {
	Counts map[Reason]int // samples by reason, never empty
	First  error          // the first refusal, with the series
}

// Error counts the refused samples by reason and quotes the first.
func (e *RefusedError) Error() string {
	var parts []string
	total := 0
	for r, n := range e.Counts {
		parts = append(parts, fmt.Sprintf("%s %d", r, n))
		total += n
	}
	slices.Sort(parts)
	return fmt.Sprintf("%d samples refused (%s), the others are stored; first: %v", total, strings.Join(parts, ", "), e.First)
}

// Is matches the sentinel of each reason that occurs.
func (e *RefusedError) Is(target error) bool {
	for r := range e.Counts {
		if r.sentinel() == target {
			return true
		}
	}
	return false
}

func (r Reason) sentinel() error {
	switch r {
	case ReasonAhead:
		return ErrTooFarAhead
	case ReasonTooOld:
		return ErrTooOld
	case ReasonDuplicate:
		return ErrDuplicate
	case ReasonOtherHost:
		return ErrOtherHost
	}
	return ErrInvalid
}

// permanent maps an error of the library's appender to the reason of a
// permanent refusal; ok is false for faults of the store itself.
func permanent(err error) (r Reason, ok bool) {
	switch {
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return ReasonDuplicate, true
	case errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrOutOfOrderSample):
		return ReasonTooOld, true
	}
	return "", false
}

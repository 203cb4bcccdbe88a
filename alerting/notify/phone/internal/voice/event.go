package voice

import (
	"errors"
	"time"
)

// keys are the telephone events 0 to 15. Source: RFC 4733, table 3.
const keys = "0123456789*#ABCD"

var errNoEvent = errors.New("no telephone event of a key")

// parseEvent reads the first event of a packet. Source: RFC 4733, section 2.3.
func parseEvent(payload []byte) (key byte, err error) {
	if len(payload) < 4 || int(payload[0]) >= len(keys) {
		return 0, errNoEvent
	}
	return keys[payload[0]], nil
}

// bounce is how soon the same key is the same press: an event is repeated while
// the key is held, its end three times, and some gateways report a key both as
// an event and by SIP INFO.
const bounce = 250 * time.Millisecond

// Keypad tells presses from repeats. The zero value is ready.
type Keypad struct {
	stamp uint32
	event bool // stamp is of the last event
	key   byte
	last  time.Time
}

// Event takes an event with its RTP timestamp, which all packets of one press
// share; pressed is true for the first.
func (k *Keypad) Event(key byte, stamp uint32, now time.Time) (pressed bool) {
	same := k.event && k.stamp == stamp
	k.event, k.stamp = true, stamp
	return k.press(key, now) && !same
}

// Report takes a key that came as a message, once for each press.
func (k *Keypad) Report(key byte, now time.Time) (pressed bool) {
	return k.press(key, now)
}

func (k *Keypad) press(key byte, now time.Time) bool {
	again := key == k.key && now.Sub(k.last) < bounce
	k.key, k.last = key, now
	return !again
}

package phone

import (
	"time"

	"monitord/alerting/notify/phone/internal/voice"
)

// speechWAV is a file of sound that long.
func speechWAV(length time.Duration) []byte {
	return voice.WriteWAV(voice.Recording{Rate: voice.Rate, Samples: voice.Tone(440, length)})
}

package phone

import (
	"testing"
	"time"

	"monitord/alerting/notify/phone/internal/voice"
	"monitord/internal/testserver/baresip"
)

func TestARealPhoneHearsSpeechAndTakesTheProblem(t *testing.T) {
	t.Parallel()
	for _, transport := range []Transport{UDP, TCP} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			phone := baresip.Start(t)
			b := newBench(t, phone.Port, func(c *Config) {
				c.Transport, c.Ring, c.Timeout, c.Speech = transport, 20*time.Second, 8*time.Second, DefaultConfig().Speech
			})
			n := problem()
			n.To = "sip:phone@127.0.0.1"
			type outcome struct {
				answer string
				err    error
			}
			done := make(chan outcome, 1)
			go func() {
				answer, err := b.Send(t.Context(), n)
				done <- outcome{answer, err}
			}()
			// Its first sound: the key is pressed into the first syllables.
			for _, step := range []func() error{
				func() error { return phone.WaitFor("CALL_RTPESTAB") },
				func() error { return phone.Press('1') },
				func() error { return phone.WaitFor("CALL_CLOSED") },
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			if o := <-done; o.err != nil || o.answer != "200 Answering, key 1" || len(b.acked) != 1 {
				t.Errorf("got %q, %v, acknowledged %q", o.answer, o.err, b.acked)
			}
			r, err := voice.ParseWAV(phone.Heard())
			if err != nil {
				t.Fatal(err)
			}
			// At least the confirmation, which is longer than a second.
			if l := loudest(voice.EncodeAll(r.Samples)); r.Rate != voice.Rate || l < 500 {
				t.Errorf("the phone heard %s at %d Hz, the loudest second has %.0f; want speech", voice.Length(r.Samples), r.Rate, l)
			}
		})
	}
}

package phone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/phone/internal/sipcall"
	"monitord/alerting/notify/phone/internal/voice"
	"monitord/checks"
)

// Times of a call that was picked up.
const (
	heardAfter  = time.Second            // of speech: from then on it counts as heard
	listenFor   = 5 * time.Second        // for a key after everything was said
	ackWithin   = 10 * time.Second       // for an acknowledgement to become durable
	rounds      = 2                      // how often everything is said unasked
	maxRepeats  = 5                      // how often it is said again on demand
	afterPickup = 300 * time.Millisecond // until the phone is at the ear
)

// conversation is one call that was picked up.
type conversation struct {
	channel *Channel
	n       notify.Notification
	sounds  sounds
	call    *sipcall.Call
	stream  *voice.Stream
	over    chan struct{} // closed when the other side is gone
}

// hold speaks with whoever picked up, and hangs up.
func (c *Channel) hold(ctx context.Context, n notify.Notification, s sounds, call *sipcall.Call, stream *voice.Stream) (string, error) {
	limited, cancel := context.WithTimeoutCause(ctx, c.config.Limit, errLimit)
	defer cancel()
	v := &conversation{channel: c, n: n, sounds: s, call: call, stream: stream, over: make(chan struct{})}
	holding, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	sounding, silence := context.WithCancel(context.WithoutCancel(ctx))
	var sound, signalling sync.WaitGroup
	sound.Go(func() { stream.Run(sounding, peer(call.Media, call.Server())) })
	signalling.Go(func() {
		defer close(v.over)
		call.Hold(holding, stream.Report, func(m sipcall.Media) { stream.Retarget(peer(m, call.Server())) })
	})
	answer, err := v.speak(limited)
	hangUp()
	signalling.Wait()
	silence()
	sound.Wait()
	return answer, err
}

var (
	errLimit  = errors.New("the call reached its limit")
	errHungUp = errors.New("hung up")
)

// speak is the whole conversation.
func (v *conversation) speak(ctx context.Context) (string, error) {
	if v.n.Kind == alerting.KindRecovery {
		if _, err := v.say(ctx, v.opening(), false); err != nil && v.stream.Said() < heardAfter {
			return "", notify.InDoubt{Err: fmt.Errorf("cut off before it was heard: %w", err)}
		}
		return v.call.Answer + ", heard", nil
	}
	keys := v.channel.config.Keys
	for round, repeats := 0, 0; round < rounds && repeats <= maxRepeats; {
		key, err := v.ask(ctx)
		switch {
		case err != nil:
			return v.ended(ctx, err)
		case key == keys.Take[0]:
			return v.take(ctx)
		case key == keys.Next[0]:
			v.say(ctx, v.sounds.phrases[phraseNext], false)
			return "", notify.Passed{Answer: "key " + keys.Next}
		case key == keys.Repeat[0]:
			repeats++
		default:
			round++
		}
		if p, over := v.settled(); over && round < rounds {
			v.say(ctx, v.sounds.phrases[p], false)
			return v.call.Answer + ", " + p.answer(), nil
		}
	}
	return "", notify.Passed{Answer: v.call.Answer + ", no key"}
}

// opening is the main text, once the phone is at the ear.
func (v *conversation) opening() []byte {
	return append(voice.EncodeAll(voice.Pause(afterPickup)), v.sounds.main...)
}

// ask says everything and listens; key is 0 when nothing was pressed.
func (v *conversation) ask(ctx context.Context) (key byte, err error) {
	if key, err = v.say(ctx, v.opening(), true); key != 0 || err != nil {
		return key, err
	}
	timer := time.NewTimer(v.channel.listen)
	defer timer.Stop()
	for {
		select {
		case key := <-v.stream.Keys():
			if v.means(key) {
				return key, nil
			}
		case <-timer.C:
			return 0, nil
		case <-v.over:
			return 0, errHungUp
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// means reports whether a key has a meaning.
func (v *conversation) means(key byte) bool {
	k := v.channel.config.Keys
	return key == k.Take[0] || key == k.Repeat[0] || key == k.Next[0]
}

// say speaks until the end, or the first key that means something when keys are
// heard. A key that was pressed before counts: people press while it rings on.
func (v *conversation) say(ctx context.Context, ulaw []byte, hear bool) (key byte, err error) {
	done := v.stream.Play(ulaw)
	for {
		select {
		case key := <-v.stream.Keys():
			if hear && v.means(key) {
				return key, nil
			}
		case <-done:
			return 0, nil
		case <-v.over:
			return 0, errHungUp
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// take acknowledges, and says whether that worked. Only what is durable is
// confirmed.
func (v *conversation) take(ctx context.Context) (string, error) {
	v.stream.Play(nil)
	key := v.channel.config.Keys.Take
	bounded, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	err := errors.New("acknowledging is not set up")
	if f := v.channel.deps.Acknowledge; f != nil {
		err = f(bounded, v.n.Message, "phone key "+key)
	}
	if err != nil {
		v.say(ctx, v.sounds.phrases[phraseFailed], false)
		return "", notify.Passed{Answer: fmt.Sprintf("key %s, but the acknowledgement was not recorded: %v", key, err)}
	}
	v.say(ctx, v.sounds.phrases[phraseAcknowledged], false)
	return v.call.Answer + ", key " + key, nil
}

// settled reports whether there is nothing to take any more, and what to say
// then.
func (v *conversation) settled() (phrase, bool) {
	if v.channel.deps.State == nil {
		return 0, false
	}
	st, ok := v.channel.deps.State(v.n.Notice.Service)
	switch {
	case !ok:
		return 0, false
	case st.State == checks.OK && st.HardState == checks.OK && v.n.Notice.State != checks.OK:
		return phraseWell, true
	case st.Ack != nil:
		return phraseSomebody, true
	}
	return 0, false
}

// answer is what the ledger says of a phrase that ended a call.
func (p phrase) answer() string {
	if p == phraseWell {
		return "well again during the call"
	}
	return "taken by somebody during the call"
}

// ended is what a call comes to that was cut off.
func (v *conversation) ended(ctx context.Context, err error) (string, error) {
	said := v.stream.Said()
	switch {
	case said < heardAfter:
		return "", notify.InDoubt{Err: fmt.Errorf("cut off before it was heard: %w", err)}
	case errors.Is(err, errHungUp):
		return "", notify.Passed{Answer: fmt.Sprintf("%s, hung up after %d s without a key", v.call.Answer, said/time.Second)}
	case errors.Is(err, errLimit):
		return "", notify.Passed{Answer: v.call.Answer + ", no key within the limit of a call"}
	}
	return "", notify.InDoubt{Err: err} // this server is stopping
}

package phone

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/testserver/phonetest"
	"monitord/internal/testserver/testproc"
)

func key(k byte) []phonetest.Press { return []phonetest.Press{{Key: k, After: 50 * time.Millisecond}} }

func TestKeyOneInTheFirstSecondOfSpeechTakesTheProblemOnce(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Rings: 100 * time.Millisecond, Keys: key('1')}), nil)
	answer, err := b.Send(t.Context(), problem())
	if err != nil || answer != "200 OK, key 1" {
		t.Fatalf("got %q, %v; want key 1", answer, err)
	}
	c := e.Wait(1, 5*time.Second)[0]
	if c.Number != "+81312345678" || c.Caller != "monitord" || c.End != "caller hung up" {
		t.Errorf("got %+v", c)
	}
	if got := c.Pressed.Sub(c.Spoke); got > time.Second {
		t.Errorf("pressed %s after the first sound; want within a second", got)
	}
	if len(b.acked) != 1 || b.acked[0] != "m1 phone key 1" {
		t.Errorf("acknowledged %q; want once", b.acked)
	}
	// Its first syllables, and the words that it was taken.
	if got := len(c.Audio); got < 8000*8/10 || got > 8000*3 {
		t.Errorf("heard %d samples; want about a second", got)
	}
}

func TestTheAcknowledgementIsDurableBeforeItIsConfirmed(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Keys: key('1')}), nil)
	var before, after int
	b.deps.Acknowledge = func(ctx context.Context, _ alerting.Message, _ string) error {
		// What is under way still arrives; from then on there is silence.
		<-time.After(100 * time.Millisecond)
		before = loudness(e.Calls()[0].Audio)
		<-time.After(300 * time.Millisecond)
		after = loudness(e.Calls()[0].Audio)
		return nil
	}
	if answer, err := b.Send(t.Context(), problem()); err != nil || answer != "200 OK, key 1" {
		t.Fatalf("got %q, %v", answer, err)
	}
	if before == 0 || after != before {
		t.Errorf("heard %d loud samples before and %d while it was recorded; want the same", before, after)
	}
	if end := loudness(e.Wait(1, 5*time.Second)[0].Audio); end < after+3000 {
		t.Errorf("heard %d loud samples at the end; want a confirmation after %d", end, after)
	}
}

// loudness is how many samples are no silence.
func loudness(audio []int16) (n int) {
	for _, s := range audio {
		if s > 200 || s < -200 {
			n++
		}
	}
	return n
}

func TestWhatACallComesTo(t *testing.T) {
	t.Parallel()
	passed := func(err error) bool { _, ok := errors.AsType[notify.Passed](err); return ok }
	permanent := func(err error) bool { _, ok := errors.AsType[notify.Permanent](err); return ok }
	doubt := func(err error) bool { _, ok := errors.AsType[notify.InDoubt](err); return ok }
	temporary := func(err error) bool { return err != nil && !passed(err) && !permanent(err) && !doubt(err) }
	for name, tt := range map[string]struct {
		phone phonetest.Behaviour
		is    func(error) bool
		words string
	}{
		"key 3":                  {phonetest.Behaviour{Keys: key('3')}, passed, "key 3"},
		"key 3 as INFO":          {phonetest.Behaviour{Keys: []phonetest.Press{{Key: '3', Info: true}}}, passed, "key 3"},
		"hung up, heard":         {phonetest.Behaviour{HangUp: 1800 * time.Millisecond}, passed, "hung up after"},
		"hung up, not heard":     {phonetest.Behaviour{HangUp: 300 * time.Millisecond}, doubt, "before it was heard"},
		"busy":                   {phonetest.Behaviour{Status: 486}, permanent, "busy"},
		"busy everywhere":        {phonetest.Behaviour{Status: 600}, permanent, "busy"},
		"declined":               {phonetest.Behaviour{Status: 603}, permanent, "declined"},
		"unknown number":         {phonetest.Behaviour{Status: 404}, permanent, "no such number"},
		"incomplete number":      {phonetest.Behaviour{Status: 484}, permanent, "no such number"},
		"away":                   {phonetest.Behaviour{Status: 480}, permanent, "no answer"},
		"forbidden":              {phonetest.Behaviour{Status: 403}, permanent, "403"},
		"moved":                  {phonetest.Behaviour{Status: 302}, permanent, "302"},
		"server fault":           {phonetest.Behaviour{Status: 503}, temporary, "503"},
		"another format":         {phonetest.Behaviour{Format: "8"}, permanent, "ulaw"},
		"rings until we give up": {phonetest.Behaviour{Never: true}, permanent, "nobody picked up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, b := exchange(t, always(tt.phone), nil)
			answer, err := b.Send(t.Context(), problem())
			if !tt.is(err) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %q, %T: %v; want it to say %q", answer, err, err, tt.words)
			}
			if len(b.acked) != 0 {
				t.Errorf("acknowledged %q; want nothing", b.acked)
			}
			if c := e.Wait(1, 5*time.Second)[0]; tt.phone.Never && c.End != "cancelled" {
				t.Errorf("the call ended as %q; want cancelled", c.End)
			}
		})
	}
}

func TestNoKeyIsSaidTwiceAndPassedOn(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{}), nil)
	_, err := b.Send(t.Context(), problem())
	if p, ok := errors.AsType[notify.Passed](err); !ok || p.Answer != "200 OK, no key" {
		t.Errorf("got %v; want passed without a key", err)
	}
	c := e.Wait(1, 5*time.Second)[0]
	// Text and menu, 600 ms each, twice, with a second after each.
	if got := len(c.Audio) / 800; got < 46 || got > 62 {
		t.Errorf("heard %d tenths of a second; want about 54", got)
	}
	if got := loudness(c.Audio) / 800; got < 20 || got > 26 {
		t.Errorf("heard %d tenths of a second of speech; want about 24", got)
	}
}

func TestKeyTwoSaysItAgain(t *testing.T) {
	t.Parallel()
	again := phonetest.Press{Key: '2', After: 500 * time.Millisecond}
	_, b := exchange(t, always(phonetest.Behaviour{Keys: []phonetest.Press{again, again, {Key: '7'}, {Key: '1', After: 400 * time.Millisecond}}}), nil)
	if answer, err := b.Send(t.Context(), problem()); err != nil || answer != "200 OK, key 1" {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestAProblemThatEndedIsNotSaidAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state alerting.ServiceState
		want  string
	}{
		"well again": {alerting.ServiceState{State: checks.OK, HardState: checks.OK}, "200 OK, well again during the call"},
		"taken":      {alerting.ServiceState{State: checks.Critical, HardState: checks.Critical, Ack: &alerting.Ack{}}, "200 OK, taken by somebody during the call"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, b := exchange(t, always(phonetest.Behaviour{Keys: key('2')}), nil)
			b.state = tt.state
			if answer, err := b.Send(t.Context(), problem()); err != nil || answer != tt.want {
				t.Errorf("got %q, %v; want %q", answer, err, tt.want)
			}
		})
	}
}

func TestAnAcknowledgementThatFailsIsSaidAndPassedOn(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Keys: key('1')}), nil)
	b.ackErr = errors.New("disk full")
	_, err := b.Send(t.Context(), problem())
	if p, ok := errors.AsType[notify.Passed](err); !ok || !strings.Contains(p.Answer, "not recorded: disk full") {
		t.Errorf("got %v; want passed with the reason", err)
	}
	if c := e.Wait(1, 5*time.Second)[0]; loudness(c.Audio) < 4000 {
		t.Errorf("heard %d loud samples; want it said", loudness(c.Audio))
	}
}

func TestARecoveryIsSaidWithoutKeys(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Keys: key('1')}), func(c *Config) {
		c.Speech.English = []string{"cat", testproc.File(t, t.TempDir(), "long.wav", string(speechWAV(2*time.Second)))}
	})
	n := problem()
	n.Kind, n.Notice.Closed = alerting.KindRecovery, time.Now()
	if answer, err := b.Send(t.Context(), n); err != nil || answer != "200 OK, heard" {
		t.Errorf("got %q, %v; want it heard", answer, err)
	}
	if got := loudness(e.Wait(1, 5*time.Second)[0].Audio) / 800; got < 18 || got > 22 || len(b.acked) != 0 {
		t.Errorf("heard %d tenths of a second, acknowledged %q; want 20 and nothing", got, b.acked)
	}
}

func TestDigestAndRegistration(t *testing.T) {
	t.Parallel()
	for _, transport := range []Transport{UDP, TCP} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			o := always(phonetest.Behaviour{Keys: key('1')})
			o.Username, o.Password = "3000", "secret"
			set := login(t)
			e, b := exchange(t, o, func(c *Config) { set(c); c.Transport, c.Register = transport, true })
			if answer, err := b.Send(t.Context(), problem()); err != nil || answer != "200 OK, key 1" {
				t.Errorf("got %q, %v", answer, err)
			}
			if got := e.Registered(); len(got) != 2 || got[0] != registration || got[1] != 0 {
				t.Errorf("registered for %v seconds; want %d, then 0", got, registration)
			}
		})
	}
}

func TestAWrongPasswordIsTemporaryAndStaysHidden(t *testing.T) {
	t.Parallel()
	o := always(phonetest.Behaviour{})
	o.Username, o.Password = "3000", "another"
	_, b := exchange(t, o, login(t))
	_, err := b.Send(t.Context(), problem())
	if _, permanent := errors.AsType[notify.Permanent](err); err == nil || permanent || !strings.Contains(err.Error(), "refuses user name or password") {
		t.Errorf("got %v; want a temporary error", err)
	}
	if strings.Contains(err.Error()+b.log.String(), "secret") {
		t.Errorf("the password is told: %v, %s", err, b.log.String())
	}
}

func TestAServerThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, transport := range []Transport{UDP, TCP} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, testproc.FreePort(t), func(c *Config) { c.Transport = transport })
			_, err := b.Send(t.Context(), problem())
			if _, permanent := errors.AsType[notify.Permanent](err); err == nil || permanent || !strings.Contains(err.Error(), "refused") {
				t.Errorf("got %v; want connection refused, temporary", err)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, testproc.BadUDP(t, testproc.UDPSilent), func(c *Config) { c.Timeout = time.Second })
		_, err := b.Send(t.Context(), problem())
		if err == nil || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("got %v; want no answer", err)
		}
	})
}

func TestAStoppingServerEndsTheCall(t *testing.T) {
	t.Parallel()
	for name, phone := range map[string]phonetest.Behaviour{"ringing": {Never: true}, "speaking": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, b := exchange(t, always(phone), func(c *Config) { c.Ring = time.Minute })
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := b.Send(ctx, problem())
				ended <- err
			}()
			e.WaitCall(1, 10*time.Second)
			cancel()
			start := time.Now()
			if err := <-ended; err == nil {
				t.Error("got success")
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("took %s", took)
			}
			if c := e.Wait(1, 5*time.Second)[0]; c.End != "cancelled" && c.End != "caller hung up" {
				t.Errorf("the call ended as %q", c.End)
			}
		})
	}
}

func TestOneLineMakesOneCallAtATime(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Never: true}), func(c *Config) { c.Ring, c.Timeout = 5*time.Second, time.Second })
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := b.Send(ctx, problem())
		first <- err
	}()
	e.WaitCall(1, 10*time.Second)
	if _, err := b.Send(t.Context(), problem()); !errors.Is(err, errBusyLines) {
		t.Errorf("got %v; want every line in use", err)
	}
	cancel()
	<-first
	if n := len(e.Calls()); n != 1 {
		t.Errorf("%d calls; want one", n)
	}
}

func TestBrokenSpeechRingsWithTones(t *testing.T) {
	t.Parallel()
	e, b := exchange(t, always(phonetest.Behaviour{Keys: key('1')}), func(c *Config) { c.Speech.English = []string{"/bin/false"} })
	answer, err := b.Send(t.Context(), problem())
	if err != nil || answer != "200 OK, key 1 (tones only: speech failed)" {
		t.Errorf("got %q, %v", answer, err)
	}
	if loudness(e.Wait(1, 5*time.Second)[0].Audio) < 800 || !strings.Contains(b.log.String(), "/bin/false ended with 1") {
		t.Errorf("heard too little, or the log does not say why: %s", b.log.String())
	}
}

package sipcall

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"
)

func TestAnInviteIsRepeatedUntilTheServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		start := time.Now()
		result := dial(t.Context(), a, time.Minute)
		var at []time.Duration
		for range 5 {
			s.want(sip.INVITE)
			at = append(at, time.Since(start))
		}
		if want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond, 7500 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("sent at %v; want %v", at, want)
		}
		if _, err := result(); !errors.Is(err, errTimeout) || time.Since(start) != 8*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}

func TestARefusedCallIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		result := dial(t.Context(), a, time.Minute)
		invite := s.want(sip.INVITE)
		s.say(invite, 486, "t", "")
		ack := s.want(sip.ACK)
		if b1, _ := ack.Via().Params.Get("branch"); b1 != invite.Via().Params.GetOr("branch", "") || ack.To().Params.GetOr("tag", "") != "t" || ack.CSeq().SeqNo != 1 {
			t.Errorf("got %s", ack)
		}
		if _, err := result(); err == nil || err.Error() != "486 Words" {
			t.Errorf("got %v", err)
		}
	})
}

func TestAPasswordIsAnsweredTwiceAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		result := dial(t.Context(), a, time.Minute)
		for i, ask := range []string{`Digest realm="r", nonce="1"`, `Digest realm="r", nonce="2", stale=true`, `Digest realm="r", nonce="3", stale=true`} {
			invite := s.want(sip.INVITE)
			if seq := invite.CSeq().SeqNo; seq != uint32(i+1) {
				t.Errorf("CSeq %d; want %d", seq, i+1)
			}
			if h := invite.GetHeaders("Proxy-Authorization"); len(h) != min(i, 1) || i > 0 && strings.Contains(h[0].Value(), "secret") {
				t.Errorf("request %d has %v", i, h)
			}
			s.say(invite, 407, "t", "", "Proxy-Authenticate: "+ask)
			s.want(sip.ACK)
		}
		if _, err := result(); !errors.Is(err, ErrDenied) {
			t.Errorf("got %v", err)
		}
	})
}

// ringing calls, and lets the phone ring.
func ringing(t *testing.T, ctx context.Context) (*Agent, *server, *sip.Request, func() (*Call, error)) {
	a, s := open(t)
	result := dial(ctx, a, 30*time.Second)
	invite := s.want(sip.INVITE)
	s.say(invite, 180, "t", "")
	return a, s, invite, result
}

func TestAPhoneThatIsPickedUpWhileWeGiveUpIsSpokenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, invite, result := ringing(t, t.Context())
		cancel := s.want(sip.CANCEL)
		if cancel.Via().Params.GetOr("branch", "") != invite.Via().Params.GetOr("branch", "") {
			t.Error("the CANCEL is of another request")
		}
		s.say(invite, 200, "t", answerSDP)
		s.want(sip.ACK)
		s.say(cancel, 481, "t", "")
		if call, err := result(); err != nil || call.Media.Addr != netip.MustParseAddrPort("192.0.2.9:40000") {
			t.Errorf("got %v, %v", call, err)
		}
	})
}

func TestAPhoneThatIsPickedUpWhenNobodySpeaksAnyMoreIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		_, s, invite, result := ringing(t, ctx)
		stop()
		s.want(sip.CANCEL)
		s.say(invite, 200, "t", answerSDP)
		s.want(sip.ACK)
		s.say(s.want(sip.BYE), 200, "t", "")
		if _, err := result(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestACallIsCancelledOnlyOnceTheServerKnowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		ctx, stop := context.WithCancel(t.Context())
		result := dial(ctx, a, time.Minute)
		invite := s.want(sip.INVITE)
		stop()
		synctest.Wait()
		s.say(invite, 100, "t", "")
		cancel := s.want(sip.CANCEL)
		s.say(cancel, 200, "t", "")
		s.say(invite, 487, "t", "")
		s.want(sip.ACK)
		if _, err := result(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// talking calls, is answered, and holds the call. over is its end.
func talking(t *testing.T, keys *[]byte, places *[]Media) (s *server, invite *sip.Request, hangUp func(), over chan error) {
	a, s := open(t)
	result := dial(t.Context(), a, 30*time.Second)
	invite = s.want(sip.INVITE)
	s.say(invite, 200, "t", answerSDP, "Record-Route: <sip:p1;lr>, <sip:p2;lr>")
	ack := s.want(sip.ACK)
	var way []string
	for _, h := range ack.GetHeaders("Route") {
		way = append(way, h.Value())
	}
	if !slices.Equal(way, []string{"<sip:p2;lr>", "<sip:p1;lr>"}) || ack.Recipient.String() != "sip:phone@192.0.2.9" {
		t.Errorf("the ACK goes to %s by %q", ack.Recipient.String(), way)
	}
	call, err := result()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over = make(chan error, 1)
	go func() {
		over <- call.Hold(ctx, func(k byte) { *keys = append(*keys, k) }, func(m Media) { *places = append(*places, m) })
	}()
	return s, invite, stop, over
}

func TestWhatIsAnsweredInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []byte
		var places []Media
		s, invite, hangUp, over := talking(t, &keys, &places)
		relay := "Content-Type: application/dtmf-relay\r\n"
		for _, tt := range []struct {
			name, method, tag, branch, more, body string
			seq, want                             int
		}{
			{"a key", "INFO", "t", "a", relay, "Signal=1\r\n", 2, 200},
			{"the same request again", "INFO", "t", "a", relay, "Signal=1\r\n", 2, 200},
			{"a key of a stranger", "INFO", "other", "b", relay, "Signal=2\r\n", 3, 481},
			{"an end by a stranger", "BYE", "other", "c", "", "", 3, 481},
			{"no key", "INFO", "t", "d", "Content-Type: text/plain\r\n", "hello", 4, 415},
			{"a package", "INFO", "t", "e", "Info-Package: x\r\n", "", 5, 469},
			{"nothing", "INFO", "t", "f", "", "", 6, 200},
			{"an old request", "INFO", "t", "g", relay, "Signal=3\r\n", 2, 500},
			{"a question", "OPTIONS", "", "h", "", "", 1, 200},
			{"another call", "INVITE", "x", "i", "", answerSDP, 1, 486},
			{"another method", "MESSAGE", "t", "j", "", "", 7, 405},
			{"another place", "INVITE", "t", "k", "", strings.ReplaceAll(answerSDP, "40000", "42000"), 8, 200},
			{"a bad place", "INVITE", "t", "l", "", strings.ReplaceAll(answerSDP, "AVP 0 8", "AVP 8"), 9, 488},
			{"we still live", "UPDATE", "t", "m", "", "", 10, 200},
			{"tell us yours", "INVITE", "t", "n", "", "", 11, 200},
		} {
			s.ask(invite, tt.method, tt.tag, tt.branch, tt.seq, tt.more, tt.body)
			if got := s.code(); got != tt.want {
				t.Errorf("%s: got %d; want %d", tt.name, got, tt.want)
			}
		}
		s.ask(invite, "ACK", "t", "o", 11, "", strings.ReplaceAll(answerSDP, "40000", "44000"))
		hangUp()
		bye := s.want(sip.BYE)
		if bye.CSeq().SeqNo != 2 || bye.To().Params.GetOr("tag", "") != "t" {
			t.Errorf("got %s", bye)
		}
		s.say(bye, 200, "t", "")
		if err := <-over; err != nil {
			t.Errorf("ended with %v", err)
		}
		if string(keys) != "1" {
			t.Errorf("heard the keys %q; want one 1", keys)
		}
		if len(places) != 2 || places[0].Addr.Port() != 42000 || places[1].Addr.Port() != 44000 {
			t.Errorf("the sound went to %v", places)
		}
	})
}

func TestARepeatedAnswerIsAcknowledgedAgainAndASecondPhoneIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []byte
		var places []Media
		s, invite, _, over := talking(t, &keys, &places)
		s.say(invite, 200, "t", answerSDP)
		s.want(sip.ACK)
		s.say(invite, 200, "second", answerSDP)
		if ack, bye := s.want(sip.ACK), s.want(sip.BYE); ack.To().Params.GetOr("tag", "") != "second" || bye.To().Params.GetOr("tag", "") != "second" {
			t.Errorf("got %s and %s", ack, bye)
		}
		s.ask(invite, "BYE", "t", "z", 2, "", "")
		if got := s.code(); got != 200 {
			t.Errorf("the end is answered with %d", got)
		}
		if err := <-over; !errors.Is(err, ErrHungUp) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestAServerThatDoesNotConfirmTheEndHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []byte
		var places []Media
		s, _, hangUp, over := talking(t, &keys, &places)
		start := time.Now()
		hangUp()
		for range 3 {
			s.want(sip.BYE)
		}
		if err := <-over; err != nil || time.Since(start) != byeWait {
			t.Errorf("ended with %v after %s", err, time.Since(start))
		}
	})
}

func TestRegistrationTakesTheTimeThatTheServerWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		done := make(chan error, 1)
		go func() { done <- a.Register(t.Context(), 300) }()
		s.say(s.want(sip.REGISTER), 423, "t", "", "Min-Expires: 1800")
		req := s.want(sip.REGISTER)
		if got := req.GetHeader("Expires").Value(); got != "1800" || req.Recipient.String() != "sip:pbx" || req.Contact().Address.Host != "192.0.2.1" {
			t.Errorf("got %s", req)
		}
		s.say(req, 403, "t", "")
		if err := <-done; err == nil || err.Error() != "register: 403 Words" {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnAnswerWithoutKnownSoundEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := open(t)
		result := dial(t.Context(), a, 30*time.Second)
		s.say(s.want(sip.INVITE), 200, "t", strings.ReplaceAll(answerSDP, "AVP 0 8", "AVP 8"))
		s.want(sip.ACK)
		s.say(s.want(sip.BYE), 200, "t", "")
		if _, err := result(); err == nil || !strings.Contains(err.Error(), "488") {
			t.Errorf("got %v", err)
		}
	})
}

func TestNoValueBecomesAHeader(t *testing.T) {
	a, _ := open(t)
	for _, uri := range []string{"sip:1@pbx\r\nX-Evil: 1", "sip:1\r\n@pbx", "sip:1@pbx;x=\r\n\r\nINVITE"} {
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		if _, err := a.Dial(ctx, uri, netip.MustParseAddrPort("192.0.2.1:6000"), time.Second); err == nil || !strings.Contains(err.Error(), "break the message") && !strings.Contains(err.Error(), "number") {
			t.Errorf("%q: got %v; want it refused before it is sent", uri, err)
		}
		stop()
	}
}

func TestWordsOfAStatusAreMadeSafe(t *testing.T) {
	err := refused(sip.NewResponse(486, "Busy\x1b[2J\xff "+strings.Repeat("x", 200)))
	if got := err.Error(); strings.Contains(got, "\x1b") || !utf8.ValidString(got) || len(got) > 100 {
		t.Errorf("got %q", got)
	}
}

func TestAnAccountPrintsNoPassword(t *testing.T) {
	a := Account{From: "sip:3000@pbx", Password: "secret"}
	if got := a.GoString() + a.String(); strings.Contains(got, "secret") {
		t.Errorf("got %s", got)
	}
}

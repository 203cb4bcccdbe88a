package sipcall

import (
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const options = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

func TestAFloodOfPacketsIsDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := newLink(pipe{ours}, false)
		defer l.close()
		for range inbox + 10 {
			theirs.Write([]byte(options))
		}
		for _, junk := range []string{"hello", "SIP/2.0 200 OK\r\n\r\n", strings.Repeat("x", maxMessage-1)} {
			theirs.Write([]byte(junk))
		}
		theirs.Write([]byte("\r\n\r\n")) // keep-alive
		synctest.Wait()
		if got := l.dropped.Load(); got != 13 || len(l.in) != inbox {
			t.Errorf("dropped %d, kept %d; want 13 and %d", got, len(l.in), inbox)
		}
	})
}

func TestAStreamIsCutInAnyPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := newLink(pipe{ours}, true)
		defer l.close()
		for _, b := range []byte("\r\n\r\n" + options + "\r\n" + options) {
			theirs.Write([]byte{b})
		}
		synctest.Wait()
		if len(l.in) != 2 {
			t.Errorf("read %d messages; want 2", len(l.in))
		}
	})
}

func TestAStreamThatIsNoSIPEnds(t *testing.T) {
	for name, junk := range map[string]string{
		"another protocol": "220 mail.example.net ESMTP\r\n",
		"no length":        strings.Replace(options, "Content-Length: 0\r\n", "", 1),
		"endless":          strings.Replace(options, "Content-Length: 0", "Content-Length: 4000000000", 1),
		"an endless line":  "OPTIONS sip:" + strings.Repeat("a", 2*maxMessage),
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			l := newLink(pipe{ours}, true)
			defer l.close()
			go func() {
				theirs.SetWriteDeadline(time.Now().Add(time.Second))
				theirs.Write([]byte(junk))
			}()
			if got, ok := <-l.in; !ok || got.err == nil {
				t.Errorf("%s: got %+v; want an end", name, got)
			}
		})
	}
}

func TestAConnectionThatEndsEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		a, err := Open(pipe{ours}, true, Account{From: "sip:3000@pbx", Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		c := &Call{agent: a, dialog: a.newDialog(a.from)}
		over := make(chan error, 1)
		go func() { over <- c.Hold(t.Context(), nil, nil) }()
		theirs.Close()
		if err := <-over; !errors.Is(err, errLost) {
			t.Errorf("got %v", err)
		}
	})
}

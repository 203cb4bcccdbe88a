package sipcall

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

const answerSDP = "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"

func TestDescriptions(t *testing.T) {
	media := func(addr string, events ...uint8) Media {
		return Media{Addr: netip.MustParseAddrPort(addr), Events: events}
	}
	for name, tt := range map[string]struct {
		sdp  string
		want Media
		err  error
	}{
		"a phone's":            {answerSDP, media("192.0.2.9:40000", 101), nil},
		"events by number":     {strings.ReplaceAll(answerSDP, "a=rtpmap:101", "a=x:101"), media("192.0.2.9:40000", 101), nil},
		"other number":         {strings.ReplaceAll(answerSDP, "101", "96"), media("192.0.2.9:40000", 96), nil},
		"own address of sound": {strings.Replace(answerSDP, "a=rtpmap:0", "c=IN IP4 192.0.2.77\r\na=rtpmap:0", 1), media("192.0.2.77:40000", 101), nil},
		"video first":          {strings.Replace(answerSDP, "m=audio", "m=video 5000 RTP/AVP 99\r\nc=IN IP4 192.0.2.5\r\nm=audio", 1), media("192.0.2.9:40000", 101), nil},
		"a second audio":       {answerSDP + "m=audio 50000 RTP/AVP 0\r\nc=IN IP4 192.0.2.66\r\na=rtpmap:99 telephone-event/8000\r\n", media("192.0.2.9:40000", 101), nil},
		"bare line breaks":     {strings.ReplaceAll(answerSDP, "\r\n", "\n"), media("192.0.2.9:40000", 101), nil},
		"IPv6":                 {strings.ReplaceAll(answerSDP, "IP4 192.0.2.9", "IP6 2001:db8::9"), media("[2001:db8::9]:40000", 101), nil},
		"on hold":              {strings.ReplaceAll(answerSDP, "192.0.2.9", "0.0.0.0"), media("0.0.0.0:40000", 101), nil},
		"A-law only":           {strings.ReplaceAll(answerSDP, "AVP 0 8", "AVP 8"), Media{}, errNoAudio},
		"secure only":          {strings.ReplaceAll(answerSDP, "RTP/AVP", "RTP/SAVP"), Media{}, errNoAudio},
		"refused":              {strings.ReplaceAll(answerSDP, "audio 40000", "audio 0"), Media{}, errPortless},
		"a port too large":     {strings.ReplaceAll(answerSDP, "audio 40000", "audio 70000"), Media{}, errNoAudio},
		"a name":               {strings.ReplaceAll(answerSDP, "c=IN IP4 192.0.2.9", "c=IN IP4 media.example.net"), Media{}, errNoPlace},
		"multicast":            {strings.ReplaceAll(answerSDP, "192.0.2.9", "224.2.1.1/127"), Media{}, errNoPlace},
		"no address":           {strings.ReplaceAll(answerSDP, "c=IN IP4 192.0.2.9\r\n", ""), Media{}, errNoPlace},
		"nothing":              {"", Media{}, errNoAudio},
		"endless":              {strings.Repeat("a=x\r\n", 1000), Media{}, errLongSDP},
	} {
		got, err := parseSDP([]byte(tt.sdp))
		if err != tt.err || got.Addr != tt.want.Addr || !slices.Equal(got.Events, tt.want.Events) {
			t.Errorf("%s: got %v, %v; want %v, %v", name, got, err, tt.want, tt.err)
		}
	}
}

func TestOurOwnDescriptionIsRead(t *testing.T) {
	for _, addr := range []string{"192.0.2.1:5004", "[2001:db8::1]:5004"} {
		m := Media{Addr: netip.MustParseAddrPort(addr)}
		got, err := parseSDP(m.sdp(0))
		if err != nil || got.Addr != m.Addr || !slices.Equal(got.Events, []uint8{defaultEvents}) {
			t.Errorf("%s: got %v, %v", addr, got, err)
		}
	}
}

func FuzzParseSDP(f *testing.F) {
	f.Add([]byte(answerSDP))
	f.Add([]byte("m=audio 1 RTP/AVP 0\nc=IN IP6 ::1%x\na=rtpmap:127 telephone-event/8000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseSDP(b)
		if err == nil && (!m.Addr.IsValid() || m.Addr.Port() == 0 || m.Addr.Addr().IsMulticast()) {
			t.Fatalf("%q is at %s", b, m.Addr)
		}
	})
}

func TestInfo(t *testing.T) {
	for _, tt := range []struct {
		kind, body string
		key        byte
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
		{"application/DTMF-Relay; charset=utf-8", "Duration=160\nsignal = #\n", '#'},
		{"application/dtmf-relay", "Signal=10\r\n", '*'},
		{"application/dtmf-relay", "Signal=11\r\n", '#'},
		{"application/dtmf", "1", '1'},
		{"application/dtmf", " d\r\n", 'D'},
		{"application/dtmf-relay", "Signal=\r\n", 0},
		{"application/dtmf-relay", "Signal=12\r\n", 0},
		{"application/dtmf-relay", "", 0},
		{"application/dtmf", "12", 0},
		{"application/dtmf", "é", 0},
		{"text/plain", "1", 0},
		{"", "1", 0},
	} {
		key, err := parseInfo(tt.kind, []byte(tt.body))
		if key != tt.key || (err == nil) != (tt.key != 0) {
			t.Errorf("%s %q: got %q, %v; want %q", tt.kind, tt.body, key, err, tt.key)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160"))
	f.Add("application/dtmf", []byte("*"))
	f.Fuzz(func(t *testing.T, kind string, b []byte) {
		key, err := parseInfo(kind, b)
		if (err == nil) != (key != 0) || err == nil && !bytes.ContainsRune([]byte("0123456789*#ABCD"), rune(key)) {
			t.Fatalf("%q %q is the key %q, %v", kind, b, key, err)
		}
	})
}

func TestListsAreSplitOutsideOfBrackets(t *testing.T) {
	got := splitList(`<sip:a,b@x;lr>, "q,<" <sip:c>,d`)
	if want := []string{"<sip:a,b@x;lr>", `"q,<" <sip:c>`, "d"}; !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestTheStrongestKnownAlgorithmIsAnswered(t *testing.T) {
	header := func(s string) sip.Header { return sip.NewHeader("WWW-Authenticate", s) }
	for name, tt := range map[string]struct {
		headers []sip.Header
		want    string // "-" for an error
	}{
		"MD5 alone":        {[]sip.Header{header(`Digest realm="r", nonce="n"`)}, ""},
		"the best of each": {[]sip.Header{header(`Digest realm="r", nonce="n", algorithm=MD5`), header(`Digest realm="r", nonce="n", algorithm=sha-256, qop="auth-int, auth"`)}, "SHA-256"},
		"unknown ones":     {[]sip.Header{header(`Digest realm="r", nonce="n", algorithm=MD5-sess`), header(`Basic realm="r"`)}, "-"},
		"integrity only":   {[]sip.Header{header(`Digest realm="r", nonce="n", qop="auth-int"`)}, "-"},
		"a broken line":    {[]sip.Header{header("Digest realm=\"r\nX: y\", nonce=\"n\"")}, "-"},
		"none":             {nil, "-"},
	} {
		got, err := strongest(tt.headers)
		if tt.want == "-" != (err != nil) || err == nil && got.Algorithm != tt.want {
			t.Errorf("%s: got %+v, %v; want %q", name, got, err, tt.want)
		}
	}
}

// FuzzParse reads whatever a server may send, as a packet and as a stream, and
// everything that is looked at afterwards.
func FuzzParse(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" +
		"Contact: <sip:e@f>\r\nRecord-Route: <sip:p;lr>, <sip:q>\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INFO\r\n" +
		"Content-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n1"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		msg, err := parse(b)
		if err == nil {
			if res, ok := msg.(*sip.Response); ok {
				routes(res)
				_ = refused(res)
				_, _ = strongest(res.GetHeaders("WWW-Authenticate"))
				_ = (&dialog{}).establish(res)
			}
		}
		l := &link{in: make(chan arrival, 1000), done: make(chan struct{})}
		s := sip.NewParser().NewSIPStream()
		for chunk := range slices.Chunk(b, 7) {
			if l.feed(s, chunk) != nil {
				break
			}
		}
		s.Close()
	})
}

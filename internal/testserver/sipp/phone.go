package sipp

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"monitord/internal/testserver/testproc"
)

// Phone is what a telephone does with a call. The zero value answers at once
// and waits until the caller hangs up.
type Phone struct {
	Transport string // "u1" or "t1"; empty is u1
	Challenge string // "401" or "407": asks for a password first; any answer is good
	Status    string // such as "486 Busy Here": does not answer
	Rings     bool   // rings until the caller gives up
	Keys      string // pressed once it was answered, as telephone events of RFC 4733
	Info      string // a key that is sent as INFO, once it was answered
	InfoType  string // its content type; empty is application/dtmf-relay
	HangUp    int    // hangs up so many milliseconds after it was answered, when greater than 0
	Hold      bool   // asks for another place of its sound (re-INVITE) before the rest
}

// NewPhone starts sipp as a telephone on a loopback port that it returns; the
// test's end stops it. Keys need root, as sipp sends them over a raw socket.
func NewPhone(tb testing.TB, p Phone) (*testproc.Process, int) {
	tb.Helper()
	if p.Transport == "" {
		p.Transport = "u1"
	}
	dir, port := testproc.Dir(tb, ""), quietPort(tb)
	scenario := testproc.File(tb, dir, "phone.xml", p.scenario())
	args := []string{"-sf", scenario, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(port), "-mp", strconv.Itoa(quietPort(tb)),
		"-t", p.Transport, "-nostdin", "-skip_rlimit", "-trace_msg", "-message_file", dir + "/messages.log", "-trace_err", "-error_file", dir + "/errors.log"}
	tb.Cleanup(func() {
		for _, name := range []string{"errors.log", "messages.log"} {
			if said, err := os.ReadFile(filepath.Join(dir, name)); err == nil && tb.Failed() {
				tb.Logf("sipp, %s:\n%s", name, said)
			}
		}
	})
	process := testproc.Start(tb, testproc.Command{Path: "sipp", Args: args, Dir: dir, Env: []string{"TERM=dumb"}, Apt: "sip-tester"})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	process.WaitFor(func() error {
		if p.Transport == "u1" {
			return bound(address)
		}
		return testproc.Accepts(port)()
	})
	return process, port
}

// quietPort is a free port that no other socket is given by chance: it lies
// below those that the kernel gives.
func quietPort(tb testing.TB) int {
	tb.Helper()
	for range 50 {
		port := 10000 + 10*rand.IntN(2000)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		l.Close()
		u, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		u.Close()
		return port
	}
	tb.Fatal("no port is free")
	return 0
}

const head = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="phone">
`

// headers are those that every answer repeats.
const headers = `[last_Via:]
[last_From:]
[last_To:];tag=[pid]SIPpTag[call_number]
[last_Call-ID:]
[last_CSeq:]
`

func answer(status, more string) string {
	return "<send><![CDATA[\nSIP/2.0 " + status + "\n" + headers + more + "]]></send>\n"
}

const contact = "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>\n"

// sdp has the payload type of events that sipp sends, which is not ours.
const sdp = `Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
`

const empty = "Content-Length: 0\n\n"

func (p Phone) scenario() string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("<recv request=\"INVITE\" crlf=\"true\"><action><ereg regexp=\".*\" search_in=\"hdr\" header=\"From:\" assign_to=\"from\"/><ereg regexp=\"sip:[^&gt;]*\" search_in=\"hdr\" header=\"Contact:\" assign_to=\"contact\"/></action></recv>\n")
	b.WriteString("<Reference variables=\"from,contact\"/>\n")
	if p.Challenge != "" {
		name := map[string]string{"401": "WWW-Authenticate", "407": "Proxy-Authenticate"}[p.Challenge]
		b.WriteString(answer(p.Challenge+" Unauthorized", name+`: Digest realm="test", nonce="abc", algorithm=MD5, qop="auth"`+"\n"+empty))
		b.WriteString("<recv request=\"ACK\"/>\n<recv request=\"INVITE\"/>\n")
	}
	switch {
	case p.Status != "":
		b.WriteString(answer(p.Status, empty) + "<recv request=\"ACK\"/>\n")
	case p.Rings:
		b.WriteString(answer("180 Ringing", contact+empty))
		b.WriteString("<recv request=\"CANCEL\"/>\n" + answer("200 OK", empty))
		b.WriteString("<send><![CDATA[\nSIP/2.0 487 Request Terminated\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]SIPpTag[call_number]\n[last_Call-ID:]\nCSeq: 1 INVITE\n" + empty + "]]></send>\n<recv request=\"ACK\"/>\n")
	default:
		b.WriteString(answer("180 Ringing", contact+empty) + answer("200 OK", contact+sdp) + "<recv request=\"ACK\"/>\n" + p.talk())
	}
	b.WriteString("</scenario>\n")
	return b.String()
}

// request is a request of the phone inside the call.
func request(method, more string) string {
	return "<send retrans=\"500\"><![CDATA[\n" + method + ` [$contact] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[local_ip]>;tag=[pid]SIPpTag[call_number]
To:[$from]
[last_Call-ID:]
CSeq: [cseq] ` + method + `
Max-Forwards: 70
` + contact + more + "]]></send>\n<recv response=\"200\"/>\n"
}

func (p Phone) talk() string {
	var b strings.Builder
	if p.Hold {
		b.WriteString(request("INVITE", sdp))
		b.WriteString("<send><![CDATA[\nACK [$contact] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nFrom: <sip:phone@[local_ip]>;tag=[pid]SIPpTag[call_number]\nTo:[$from]\n[last_Call-ID:]\nCSeq: [cseq] ACK\nMax-Forwards: 70\n" + empty + "]]></send>\n")
	}
	if p.Keys != "" {
		b.WriteString("<nop><action><exec play_dtmf=\"" + p.Keys + "\"/></action></nop>\n")
	}
	if p.Info != "" {
		kind, body := p.InfoType, p.Info
		if kind == "" || kind == "application/dtmf-relay" {
			kind, body = "application/dtmf-relay", "Signal="+p.Info+"\nDuration=160"
		}
		b.WriteString(request("INFO", "Content-Type: "+kind+"\nContent-Length: [len]\n\n"+body+"\n"))
	}
	if p.HangUp > 0 {
		b.WriteString("<pause milliseconds=\"" + strconv.Itoa(p.HangUp) + "\"/>\n" + request("BYE", empty))
		return b.String()
	}
	b.WriteString("<recv request=\"BYE\"/>\n" + answer("200 OK", empty))
	return b.String()
}

package sip

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/sipp"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok       = checks.OK
	critical = checks.Critical
)

func start(t *testing.T, o sipp.Options) int {
	if o.Status == "" {
		o.Status = "200 OK"
	}
	_, port := sipp.New(t, o)
	return port
}

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	cert := testnginx.NewCert(t, 24*time.Hour)
	udp, tcp := start(t, sipp.Options{Transport: "u1"}), start(t, sipp.Options{Transport: "t1"})
	nginx := testnginx.New(t, testnginx.Options{})
	overTCP := func(c *Config) { c.Transport = TransportTCP }
	overTLS := func(c *Config) { c.Transport, c.CAFile = TransportTLS, cert.CertFile }
	for _, tt := range []struct {
		name, address string
		port          int
		change        func(*Config)
		state         checks.State
		reason        checks.Reason
		phase         string
	}{
		{"healthy", "127.0.0.1", udp, nil, ok, "", "query"},
		{"healthy over IPv6", "::1", start(t, sipp.Options{Transport: "u1", Address: "::1"}), nil, ok, "", "query"},
		{"healthy by name", "localhost", udp, func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
		{"healthy over TCP", "127.0.0.1", tcp, overTCP, ok, "", "query"},
		{"healthy over TLS", "127.0.0.1", tlsFront(t, cert, tcp), overTLS, ok, "", "query"},
		{"for somebody", "127.0.0.1", udp, func(c *Config) { c.URI, c.From = "sip:100@example.test", "sip:me@example.test" }, ok, "", "query"},
		{"unknown authority", "127.0.0.1", tlsFront(t, cert, tcp), func(c *Config) { c.Transport = TransportTLS }, critical, checks.ReasonTLS, "tls"},
		{"plain where TLS should be", "127.0.0.1", nginx.Port, overTLS, critical, checks.ReasonTLS, "tls"},
		{"busy", "127.0.0.1", start(t, sipp.Options{Transport: "u1", Status: "503 Service Unavailable"}), nil, critical, checks.ReasonStatus, "query"},
		{"wants a login", "127.0.0.1", start(t, sipp.Options{Transport: "t1", Status: "401 Unauthorized"}), overTCP, critical, checks.ReasonAuth, "query"},
		{"not allowed, which is enough", "127.0.0.1", start(t, sipp.Options{Transport: "u1", Status: "405 Method Not Allowed"}), func(c *Config) { c.Status = []string{"200-299", "405"} }, ok, "", "query"},
		{"too slow", "127.0.0.1", udp, func(c *Config) { c.Critical = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, critical, checks.ReasonThreshold, "query"},
		{"only trying", "127.0.0.1", trying(t), nil, critical, checks.ReasonTimeout, "query"},
		{"no such name", "nosuch.invalid", udp, nil, critical, checks.ReasonDNS, "dns"},
		{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "query"},
		{"stopped, TCP", "127.0.0.1", testproc.FreePort(t), overTCP, critical, checks.ReasonConnect, "connect"},
		{"silent", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSilent), nil, critical, checks.ReasonTimeout, "query"},
		{"wrong protocol", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSays("HTTP/1.1 400 Bad Request\r\n\r\n")), nil, critical, checks.ReasonProtocol, "query"},
		{"somebody else's answer", "127.0.0.1", testproc.BadUDP(t, testproc.UDPSays("SIP/2.0 200 OK\r\nCall-ID: x\r\n\r\n")), nil, critical, checks.ReasonProtocol, "query"},
		{"a byte at a time", "127.0.0.1", testproc.BadUDP(t, testproc.UDPTrickle(200*time.Millisecond)), nil, critical, checks.ReasonProtocol, "query"},
		{"endless", "127.0.0.1", testproc.BadUDP(t, testproc.UDPEndless), nil, critical, checks.ReasonProtocol, "query"},
		{"silent, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), overTCP, critical, checks.ReasonTimeout, "query"},
		{"silent, TLS", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), overTLS, critical, checks.ReasonTimeout, "tls"},
		{"wrong protocol, TCP", "127.0.0.1", nginx.Port, overTCP, critical, checks.ReasonProtocol, "query"},
		{"wrong banner, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), overTCP, critical, checks.ReasonProtocol, "query"},
		{"a byte at a time, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Trickle("SIP/2.0 200 OK\r\nX: ", 100*time.Millisecond)), overTCP, critical, checks.ReasonTimeout, "query"},
		{"endless, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("")), overTCP, critical, checks.ReasonProtocol, "query"},
		{"endless head, TCP", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("SIP/2.0 200 OK\r\nX: ")), overTCP, critical, checks.ReasonProtocol, "query"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port = tt.port
			if tt.change != nil {
				tt.change(&cfg)
			}
			checktest.Want(t, checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium), tt.state, tt.reason, tt.phase)
		})
	}
}

// tlsFront speaks TLS in front of a TCP server, as a load balancer does:
// Debian's SIPp has no TLS of its own.
func tlsFront(t *testing.T, cert testnginx.Cert, to int) int {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert.CertFile, cert.KeyFile)
	testproc.Must(t, err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	testproc.Must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
			if err != nil {
				front.Close()
				continue
			}
			wg.Go(func() { io.Copy(back, front); back.Close() })
			wg.Go(func() { io.Copy(front, back); front.Close() })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().(*net.TCPAddr).Port
}

// trying answers with 100 and nothing else.
func trying(t *testing.T) int {
	return testproc.BadUDP(t, func(_ context.Context, packet []byte, say func([]byte)) {
		_, headers, _ := strings.Cut(string(packet), "\r\n")
		say([]byte("SIP/2.0 100 Trying\r\n" + headers))
	})
}

func TestRequestsAreAnsweredByTheirOwn(t *testing.T) {
	r := newRequest("udp", "sip:h", "", "192.0.2.1:5060")
	_, headers, _ := strings.Cut(string(r.text), "\r\n")
	same := "SIP/2.0 200 OK\r\n" + headers
	for text, want := range map[string]bool{
		same: true,
		strings.NewReplacer("Via:", "v :", "Call-ID:", "i:", "CSeq: 1 ", "CSEQ:\t1\t").Replace(same): true,
		strings.Replace(same, ";branch", "\r\n ;branch", 1):                                          true,
		strings.ReplaceAll(same, "\r\n", "\n"):                                                       true,
		strings.Replace(same, "1 OPTIONS", "2 OPTIONS", 1):                                           false,
		strings.Replace(same, r.branch, "z9hG4bKx", 1):                                               false,
		strings.Replace(same, r.callID, "x", 1):                                                      false,
		"SIP/2.0 200 OK\r\n\r\n" + headers:                                                           false,
	} {
		got, err := parseHead([]byte(text))
		if err != nil || r.answers(got) != want {
			t.Errorf("%q: %+v, %v; want %v", text, got, err, want)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	code, out := checktest.CLI(t, Type(), start(t, sipp.Options{Transport: "t1"}), "--transport", "tcp", "--status", "200", "-w", "1")
	if code != 0 || !strings.HasPrefix(out, "SIP OK - ") || !strings.Contains(out, "200 OK") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Port: -1, Family: "x", Transport: "x", URI: "sip:a\r\nb", From: "tel:1", Status: []string{"100"}}
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "transport:", "uri:", "from:", "status: got"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=b\r\nContent-Length: 2\r\n\r\nab"))
	f.Add([]byte("\r\n\r\nSIP/2.0 404 \r\ni: x\r\n y\r\nl:0\r\n\r\n"))
	f.Add([]byte(" \nSIP/2.0 200\n\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if got, err := parseHead(said); err == nil && (got.code < 100 || got.code > 699) {
			t.Errorf("code %d", got.code)
		}
		got, err := readMessage(bufio.NewReader(bytes.NewReader(said)))
		if err == nil && (got.code < 100 || got.contentLength > len(said)) {
			t.Errorf("%+v", got)
		}
	})
}

// Package phonetest is a telephone exchange for tests: it answers every number
// on one loopback port (UDP and TCP), presses keys, hangs up, is busy or is not
// there, as the test says, and keeps what it heard. It stands on sipgo's server,
// dialogs and transactions, which are not those of the caller under test.
package phonetest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"monitord/internal/testserver/testproc"
)

// Behaviour is what the phone of a number does.
type Behaviour struct {
	Rings  time.Duration // before it is answered, or refuses
	Never  bool          // rings until the caller gives up
	Status int           // refuses with this status, such as 486; 0 answers
	Keys   []Press       // in order
	// HangUp is how long after it was picked up the phone hangs up; 0 waits for
	// the caller.
	HangUp time.Duration
	// Format is the only sound format; empty is "0", which is PCMU.
	Format string
}

// Press is one key.
type Press struct {
	Key   byte
	After time.Duration // after the first sound of speech, or the key before
	Info  bool          // as SIP INFO instead of a telephone event
}

// Options change the exchange.
type Options struct {
	Addr     string                 // host:port; empty is a free port of 127.0.0.1
	Username string                 // asked for with Password by 407, and by 401 on REGISTER; empty: nobody is asked
	Password string                 // of Username
	Behave   func(string) Behaviour // by the number that was dialled; nil: answers and waits
}

// Call is one call that came in.
type Call struct {
	Number   string    // dialled: the user part of the address
	Caller   string    // the user part of the caller's address
	At       time.Time // of the INVITE
	Answered time.Time // zero: it never was
	Spoke    time.Time // of the first sound that is no silence; zero: none
	Pressed  time.Time // of the first key; zero: none
	Ended    time.Time // zero: it still goes on
	End      string    // "caller hung up", "phone hung up", "cancelled", or the status, such as "486"
	Audio    []int16   // heard, at 8 kHz
}

// WAV is what was heard, as a file.
func (c Call) WAV() []byte { return wav(c.Audio) }

// Exchange is the telephone exchange.
type Exchange struct {
	Addr string // host:port, UDP and TCP

	tb      testing.TB
	o       Options
	dialogs *sipgo.DialogServerCache
	wg      sync.WaitGroup
	busy    sync.RWMutex // held for reading during a call

	mu       sync.Mutex
	calls    []*Call
	lines    map[string]*line // by Call-ID
	register []int            // times asked for by REGISTER, in seconds
}

// Start runs an exchange until the test ends.
func Start(tb testing.TB, o Options) *Exchange {
	tb.Helper()
	packets, streams := listen(tb, o.Addr)
	o.Addr = streams.Addr().String()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("phone"),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet)))
	testproc.Must(tb, err)
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	testproc.Must(tb, err)
	client, err := sipgo.NewClient(ua, sipgo.WithClientLogger(quiet), sipgo.WithClientAddr(o.Addr))
	testproc.Must(tb, err)
	host, port, err := sip.ParseAddr(o.Addr)
	testproc.Must(tb, err)
	ctx, stop := context.WithCancel(context.Background())
	e := &Exchange{Addr: o.Addr, tb: tb, o: o, lines: map[string]*line{}}
	e.dialogs = sipgo.NewDialogServerCache(client, sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "phone", Host: host, Port: port}})
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) { e.invite(ctx, req, tx) })
	server.OnAck(func(req *sip.Request, tx sip.ServerTransaction) { _ = e.dialogs.ReadAck(req, tx) })
	server.OnBye(e.bye)
	server.OnRegister(e.registered)
	server.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) {
		_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
	})
	e.wg.Go(func() { _ = server.ServeUDP(packets) })
	e.wg.Go(func() { _ = server.ServeTCP(streams) })
	tb.Cleanup(func() {
		stop()
		e.busy.Lock()
		defer e.busy.Unlock()
		packets.Close()
		streams.Close()
		ua.Close()
		e.wg.Wait()
	})
	return e
}

// listen opens a port for both transports; addr "" is any port that is free.
func listen(tb testing.TB, addr string) (net.PacketConn, net.Listener) {
	tb.Helper()
	want := addr
	if addr == "" {
		want = "127.0.0.1:0"
	}
	var last error
	for range 50 {
		streams, err := net.Listen("tcp", want)
		testproc.Must(tb, err)
		packets, err := net.ListenPacket("udp", streams.Addr().String())
		if err == nil {
			return packets, streams
		}
		streams.Close()
		last = err
	}
	tb.Fatal(last)
	return nil, nil
}

// Calls is every call so far, the oldest first.
func (e *Exchange) Calls() []Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []Call
	for _, c := range e.calls {
		one := *c
		one.Audio = slices.Clone(c.Audio)
		list = append(list, one)
	}
	return list
}

// Registered is the times, in seconds, that were asked for by REGISTER.
func (e *Exchange) Registered() []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.register)
}

// WaitCall waits until so many calls came in.
func (e *Exchange) WaitCall(n int, within time.Duration) []Call {
	e.tb.Helper()
	return e.wait(n, within, "came in", func(Call) bool { return true })
}

// Wait waits until so many calls have ended, and returns all calls.
func (e *Exchange) Wait(n int, within time.Duration) []Call {
	e.tb.Helper()
	return e.wait(n, within, "ended", func(c Call) bool { return !c.Ended.IsZero() })
}

func (e *Exchange) wait(n int, within time.Duration, what string, counts func(Call) bool) []Call {
	e.tb.Helper()
	for end := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) { // another process calls: nothing else tells
		calls, got := e.Calls(), 0
		for _, c := range calls {
			if counts(c) {
				got++
			}
		}
		if got >= n {
			return calls
		}
		if time.Now().After(end) {
			e.tb.Fatalf("%d of %d calls %s within %s", got, n, what, within)
		}
	}
}

package phone

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/phone/internal/voice"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/testserver/phonetest"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

// TestMain lets many calls go on at the same time, on however few processors:
// a call is mostly waiting.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	// The exchange's own library opens a socket for an answer that comes after
	// its end; ours does not use its transports.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/emiago/sipgo/sip.(*TransportUDP).readUDPConnection"))
}

// bench is a channel with a world that the test watches.
type bench struct {
	*Channel
	log strings.Builder

	mu     sync.Mutex
	acked  []string
	ackErr error
	state  alerting.ServiceState
}

// newBench makes a channel towards a loopback port. Its speech is a file, so
// that no program decides how long a test takes.
func newBench(t testing.TB, port int, change func(*Config)) *bench {
	t.Helper()
	b := &bench{state: alerting.ServiceState{State: checks.Critical, HardState: checks.Critical, Hard: true}}
	c := DefaultConfig()
	c.Server = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	c.Ring, c.Timeout = 2*time.Second, 2*time.Second
	wav := testproc.File(t, t.TempDir(), "speech.wav", string(speechWAV(600*time.Millisecond)))
	c.Speech.English = []string{"cat", wav}
	c.Speech.Japanese = c.Speech.English
	if change != nil {
		change(&c)
	}
	b.Channel = New(c, Deps{
		Logger: slog.New(slog.NewTextHandler(&b.log, nil)), Now: time.Now, Words: text.Default(),
		Acknowledge: func(_ context.Context, m alerting.Message, by string) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.acked = append(b.acked, m.ID+" "+by)
			return b.ackErr
		},
		State: func(checks.Service) (alerting.ServiceState, bool) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.state, true
		},
	})
	b.listen = time.Second
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(b.log.String())
		}
	})
	return b
}

func problem() notify.Notification {
	return notify.Notification{Message: alerting.Message{
		ID: "m1", Incident: 7, Kind: alerting.KindProblem, Contact: "boss", Channel: "phone", To: "+81312345678", Language: text.English,
		Notice: alerting.Notice{Service: checks.Service{Host: "web1", Check: "http"}, State: checks.Critical, Reason: checks.ReasonConnect,
			Summary: text.Verbatim("connection refused"), Opened: time.Now().Add(-5 * time.Minute)},
	}}
}

// login sets a user name and a password.
func login(t *testing.T) func(*Config) {
	file := testproc.File(t, t.TempDir(), "password", "secret\n")
	return func(c *Config) { c.Username, c.Password = "3000", config.Secret{File: file} }
}

// exchange starts phones, and a channel that calls them.
func exchange(t *testing.T, o phonetest.Options, change func(*Config)) (*phonetest.Exchange, *bench) {
	t.Helper()
	e := phonetest.Start(t, o)
	_, port, err := net.SplitHostPort(e.Addr)
	testproc.Must(t, err)
	n, err := strconv.Atoi(port)
	testproc.Must(t, err)
	return e, newBench(t, n, change)
}

// always is the behaviour of every phone.
func always(b phonetest.Behaviour) phonetest.Options {
	return phonetest.Options{Behave: func(string) phonetest.Behaviour { return b }}
}

// speechWAV is a file of sound that long.
func speechWAV(length time.Duration) []byte {
	return voice.WriteWAV(voice.Recording{Rate: voice.Rate, Samples: voice.Tone(440, length)})
}

package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/testserver/sipp"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
func newBench(t *testing.T, port int, change func(*Config)) *bench {
	t.Helper()
	b := &bench{state: alerting.ServiceState{State: checks.Critical, HardState: checks.Critical, Hard: true}}
	c := DefaultConfig()
	c.Server = fmt.Sprintf("127.0.0.1:%d", port)
	c.Ring, c.Timeout = 2*time.Second, 2*time.Second
	wav := testproc.File(t, t.TempDir(), "speech.wav", string(speechWAV(1500*time.Millisecond)))
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
	return b
}

func problem() notify.Notification {
	return notify.Notification{Message: alerting.Message{
		ID: "m1", Incident: 7, Kind: alerting.KindProblem, Contact: "boss", Channel: "phone", To: "+81312345678", Language: text.English,
		Notice: alerting.Notice{Service: checks.Service{Host: "web1", Check: "http"}, State: checks.Critical, Reason: checks.ReasonConnect,
			Summary: text.Verbatim("connection refused"), Opened: time.Now().Add(-5 * time.Minute)},
	}}
}

func TestKeyOneTakesTheProblem(t *testing.T) {
	for name, tt := range map[string]struct {
		phone  sipp.Phone
		change func(*Config)
	}{
		"as a telephone event":        {sipp.Phone{Keys: "1"}, nil},
		"as INFO dtmf-relay":          {sipp.Phone{Info: "1"}, nil},
		"as INFO dtmf":                {sipp.Phone{Info: "1", InfoType: "application/dtmf"}, nil},
		"over TCP":                    {sipp.Phone{Info: "1", Transport: "t1"}, func(c *Config) { c.Transport = TCP }},
		"after its place moved":       {sipp.Phone{Hold: true, Info: "1"}, nil},
		"password asked by the proxy": {sipp.Phone{Challenge: "407", Info: "1"}, login(t)},
		"password asked by the phone": {sipp.Phone{Challenge: "401", Info: "1"}, login(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process, port := sipp.NewPhone(t, tt.phone)
			b := newBench(t, port, tt.change)
			answer, err := b.Send(t.Context(), problem())
			if err != nil || answer != "200 OK, key 1" {
				t.Errorf("got %q, %v; want key 1\n%s", answer, err, process.Output())
			}
			if len(b.acked) != 1 || b.acked[0] != "m1 phone key 1" {
				t.Errorf("acknowledged %q; want once", b.acked)
			}
		})
	}
}

// login sets a user name and a password.
func login(t *testing.T) func(*Config) {
	file := testproc.File(t, t.TempDir(), "password", "secret\n")
	return func(c *Config) { c.Username, c.Password = "3000", config.Secret{File: file} }
}

func TestAPhoneThatIsNotAnsweredLetsTheNextWayBeTaken(t *testing.T) {
	for name, phone := range map[string]sipp.Phone{
		"busy":      {Status: "486 Busy Here"},
		"declined":  {Status: "603 Decline"},
		"unknown":   {Status: "404 Not Found"},
		"away":      {Status: "480 Temporarily Unavailable"},
		"no answer": {Rings: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process, port := sipp.NewPhone(t, phone)
			answer, err := newBench(t, port, nil).Send(t.Context(), problem())
			if _, ok := errors.AsType[notify.Permanent](err); !ok {
				t.Errorf("got %q, %v; want permanent\n%s", answer, err, process.Output())
			}
		})
	}
}

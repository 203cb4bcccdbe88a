package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"monitord/alerting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is a journal in memory; the messages are in the order first saved.
type queue struct {
	mu    sync.Mutex
	order []string
	rows  map[string]alerting.Message
	err   error
	saved []string // "id state" of each Save
}

func (q *queue) Pending(context.Context) ([]alerting.Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []alerting.Message
	for _, id := range q.order {
		if m := q.rows[id]; !m.Done() {
			list = append(list, m)
		}
	}
	return list, nil
}

func (q *queue) Save(_ context.Context, m alerting.Message, _ ...alerting.Event) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	q.put(m)
	q.saved = append(q.saved, m.ID+" "+string(m.State))
	return nil
}

func (q *queue) put(m alerting.Message) {
	if q.rows == nil {
		q.rows = map[string]alerting.Message{}
	}
	if _, ok := q.rows[m.ID]; !ok {
		q.order = append(q.order, m.ID)
	}
	q.rows[m.ID] = m
}

func (q *queue) break_(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
}

func (q *queue) state(id string) alerting.MessageState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.rows[id].State
}

// peer is a channel that answers from a script, then with success.
type peer struct {
	mu     sync.Mutex
	script []error
	got    []string // "seconds id" with ! for a repeat and ? without a journal
	start  time.Time
	hang   time.Duration
	most   int // hand-overs at the same time
	now    int
}

func (p *peer) Send(ctx context.Context, n Notification) (string, error) {
	p.mu.Lock()
	p.now++
	p.most = max(p.most, p.now)
	mark := ""
	if n.Repeat {
		mark += "!"
	}
	if n.Broken != nil {
		mark += "?"
	}
	p.got = append(p.got, fmt.Sprintf("%d %s%s", int(time.Since(p.start).Seconds()), n.ID, mark))
	var err error
	if len(p.script) > 0 {
		err, p.script = p.script[0], p.script[1:]
	}
	p.mu.Unlock()
	if p.hang > 0 {
		select {
		case <-time.After(p.hang):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	p.mu.Lock()
	p.now--
	p.mu.Unlock()
	return "250 ok", err
}

func (p *peer) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.got, ", ")
}

func message(id, kind, follows string) alerting.Message {
	return alerting.Message{ID: id, Kind: kind, Follows: follows, Channel: "mail", Contact: "noc", State: alerting.MessagePending, Due: time.Now(), Queued: time.Now()}
}

// run starts an outbox in the bubble; the returned function stops it.
func run(t *testing.T, q *queue, p *peer) (*Outbox, func()) {
	t.Helper()
	p.start = time.Now()
	o := NewOutbox(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Queue: q, Channel: func(kind string) Channel { return map[string]Channel{"mail": p}[kind] }, Registry: prometheus.NewRegistry()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	synctest.Wait()
	return o, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestAMessageIsMarkedBeforeItIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{}
		o, stop := run(t, q, p)
		defer stop()
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, nil)
		synctest.Wait()
		check(t, "saved", strings.Join(q.saved, ", "), "a sending, a sent")
		check(t, "handed over", p.log(), "0 a")
	})
}

func TestARelayThatIsAwayDelaysAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("connection refused")
		q, p := &queue{}, &peer{script: []error{away, away, away}}
		o, stop := run(t, q, p)
		defer stop()
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, nil)
		time.Sleep(3 * time.Second)
		o.Tell([]alerting.Message{message("b", alerting.KindRecovery, "a")}, nil)
		time.Sleep(2 * time.Minute)
		var at [5]int
		n, err := fmt.Sscanf(p.log(), "%d a, %d a, %d a, %d a, %d b", &at[0], &at[1], &at[2], &at[3], &at[4])
		if n != 5 || err != nil {
			t.Fatalf("handed over: %s", p.log())
		}
		for i, limits := range [][2]int{{4, 6}, {8, 12}, {24, 36}, {0, 1}} {
			if d := at[i+1] - at[i]; d < limits[0]-1 || d > limits[1] {
				t.Errorf("pause %d is %d s, want %v (%s)", i+1, d, limits, p.log())
			}
		}
		check(t, "problem", q.state("a"), alerting.MessageSent)
		check(t, "recovery", q.state("b"), alerting.MessageSent)
	})
}

func TestARefusalForGoodIsNotRepeatedAndWithdrawsTheRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{script: []error{Permanent{errors.New("550 no such user")}}}
		o, stop := run(t, q, p)
		defer stop()
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, ""), message("b", alerting.KindRecovery, "a")}, nil)
		time.Sleep(time.Hour)
		check(t, "handed over", p.log(), "0 a")
		check(t, "problem", q.state("a"), alerting.MessageFailed)
		check(t, "recovery", q.state("b"), alerting.MessageWithdrawn)
		check(t, "failed", testutil.ToFloat64(o.metrics.failed.WithLabelValues("mail")), 1.0)
	})
}

func TestARecoveryIsToldWhenAnyProblemBeforeItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{script: []error{nil, Permanent{errors.New("552 too much mail")}}}
		o, stop := run(t, q, p)
		defer stop()
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, ""), message("b", alerting.KindProblem, "a"), message("c", alerting.KindRecovery, "b")}, nil)
		time.Sleep(time.Minute)
		check(t, "handed over", p.log(), "0 a, 0 b, 0 c")
	})
}

func TestAMessageInDoubtIsRepeatedWithTheSameIdentityAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{script: []error{InDoubt{errors.New("connection lost")}}}
		before := message("crashed", alerting.KindProblem, "")
		before.State, before.Attempts = alerting.MessageSending, 1
		q.put(before)
		p.script = []error{nil, InDoubt{errors.New("connection lost")}}
		o, stop := run(t, q, p)
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, nil)
		time.Sleep(time.Second)
		check(t, "in doubt in the journal", q.state("a"), alerting.MessageSending)
		time.Sleep(time.Minute)
		stop()
		if !strings.HasPrefix(p.log(), "0 crashed!, 0 a, ") || !strings.HasSuffix(p.log(), " a!") {
			t.Errorf("handed over: %s", p.log())
		}
		check(t, "repeats", testutil.ToFloat64(o.metrics.repeats), 2.0)
		check(t, "repeats of the message", q.rows["crashed"].Repeats, 1)
	})
}

func TestAMessageIsTriedForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{}
		for range 1000 {
			p.script = append(p.script, errors.New("421 not now"))
		}
		q := &queue{}
		o, stop := run(t, q, p)
		defer stop()
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, nil)
		time.Sleep(GiveUpAfter - 10*time.Minute)
		check(t, "after almost a day", q.state("a"), alerting.MessagePending)
		time.Sleep(20 * time.Minute)
		check(t, "after a day", q.state("a"), alerting.MessageFailed)
		if n := len(p.got); n < 240 || n > 370 {
			t.Errorf("%d attempts in a day, want about 290", n)
		}
	})
}

func TestWithoutAJournalPeopleAreToldAndItIsRecordedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{}
		o, stop := run(t, q, p)
		defer stop()
		q.break_(errors.New("disk is full"))
		o.Tell([]alerting.Message{message("a", alerting.KindProblem, "")}, errors.New("disk is full"))
		time.Sleep(10 * time.Second)
		check(t, "handed over", p.log(), "0 a?")
		check(t, "journal", q.state("a"), alerting.MessageState(""))
		q.break_(nil)
		time.Sleep(3 * time.Second)
		check(t, "journal with room", q.state("a"), alerting.MessageSent)
		check(t, "handed over at the end", p.log(), "0 a?")
	})
}

func TestADelayedStepWaitsAndCanBeWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{}
		o, stop := run(t, q, p)
		defer stop()
		later, never := message("later", alerting.KindProblem, ""), message("never", alerting.KindProblem, "")
		later.Due = later.Due.Add(10 * time.Minute)
		never.Due = never.Due.Add(20 * time.Minute)
		o.Tell([]alerting.Message{later, never}, nil)
		time.Sleep(15 * time.Minute)
		o.Withdraw([]string{"never"})
		time.Sleep(time.Hour)
		check(t, "handed over", p.log(), "600 later")
	})
}

func TestHandOversAreBoundedAndEndWithRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, p := &queue{}, &peer{hang: time.Hour}
		o, stop := run(t, q, p)
		var list []alerting.Message
		for i := range 3 * workers {
			list = append(list, message(fmt.Sprint("m", i), alerting.KindProblem, ""))
		}
		o.Tell(list, nil)
		synctest.Wait()
		check(t, "at the same time", p.most, workers)
		start := time.Now()
		stop()
		if d := time.Since(start); d > shutdownGrace {
			t.Errorf("Run took %s to end", d)
		}
	})
}

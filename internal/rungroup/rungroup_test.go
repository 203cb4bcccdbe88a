package rungroup

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder notes the order in which runners return.
type recorder struct {
	mu    sync.Mutex
	order []string
}

func (r *recorder) runner(name string) Runner {
	return Runner{name, func(ctx context.Context) error {
		<-ctx.Done()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.order = append(r.order, name)
		return errors.New("late: only the first error counts")
	}}
}

func TestTheFirstToReturnEndsAllStagesInOrderAndIsReported(t *testing.T) {
	broken := errors.New("disk on fire")
	var rec recorder
	err := Stages(t.Context(),
		[]Runner{rec.runner("intake")},
		[]Runner{rec.runner("engine"), {"outbox", func(context.Context) error { return broken }}},
		[]Runner{rec.runner("store")})
	if !errors.Is(err, broken) {
		t.Errorf("err %v", err)
	}
	if want := []string{"intake", "engine", "store"}; !slices.Equal(rec.order, want) {
		t.Errorf("ended in the order %v, want %v", rec.order, want)
	}
}

func TestAnOrderlyEndIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Run(ctx, Runner{"a", func(ctx context.Context) error { <-ctx.Done(); return nil }})
	if err != nil {
		t.Error(err)
	}
}

func TestAnErrorOnTheWayDownIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	unsaved := errors.New("not saved")
	err := Run(ctx, Runner{"a", func(ctx context.Context) error { <-ctx.Done(); return unsaved }})
	if !errors.Is(err, unsaved) {
		t.Errorf("err %v", err)
	}
}

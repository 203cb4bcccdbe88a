package rungroup

import (
	"context"
	"errors"
	"testing"
)

func TestTheFirstToReturnEndsTheRestAndIsReported(t *testing.T) {
	broken := errors.New("disk on fire")
	joined := 0
	waiter := Runner{"waiter", func(ctx context.Context) error {
		<-ctx.Done()
		joined++
		return errors.New("a late error is not the first")
	}}
	err := Run(t.Context(), waiter, Runner{"store", func(context.Context) error { return broken }})
	if !errors.Is(err, broken) || joined != 1 {
		t.Errorf("err %v, joined %d", err, joined)
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

package pause

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPauseEndsInTimeOrWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if !For(ctx, 2*time.Second) || time.Since(began) != 2*time.Second {
			t.Errorf("it ended after %s", time.Since(began))
		}
		if For(ctx, time.Hour) || time.Since(began) != 5*time.Second {
			t.Errorf("its context ended after 5s, it after %s", time.Since(began))
		}
	})
}

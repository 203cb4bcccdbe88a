package testnginx

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Behaviour is what a bad server does with a connection until ctx ends.
type Behaviour func(ctx context.Context, conn net.Conn)

// Silent accepts and says nothing.
func Silent(ctx context.Context, _ net.Conn) { <-ctx.Done() }

// Closing accepts and closes at once.
func Closing(context.Context, net.Conn) {}

// Says writes a text, then is silent.
func Says(text string) Behaviour {
	return func(ctx context.Context, conn net.Conn) {
		io.WriteString(conn, text)
		<-ctx.Done()
	}
}

// Trickle writes a head, then a byte each pause, for ever.
func Trickle(head string, pause time.Duration) Behaviour {
	return func(ctx context.Context, conn net.Conn) {
		io.WriteString(conn, head)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	}
}

// Endless writes a head, then as fast as it can, for ever.
func Endless(head string) Behaviour {
	return func(ctx context.Context, conn net.Conn) {
		io.WriteString(conn, head)
		chunk := make([]byte, 64<<10)
		for i := range chunk {
			chunk[i] = 'x'
		}
		for ctx.Err() == nil {
			if _, err := conn.Write(chunk); err != nil {
				return
			}
		}
	}
}

// Bad starts a server that behaves so and returns its port; the test's end
// stops it and joins everything.
func Bad(tb testing.TB, behave Behaviour) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				defer stop()
				// What it is asked is read, so that closing is no reset.
				wg.Go(func() { io.Copy(io.Discard, conn) })
				behave(ctx, conn)
			})
		}
	})
	tb.Cleanup(func() { cancel(); l.Close(); wg.Wait() })
	return l.Addr().(*net.TCPAddr).Port
}

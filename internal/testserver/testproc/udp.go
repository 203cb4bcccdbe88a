package testproc

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// Answer is what a bad UDP server does with a packet: say writes one packet back.
type Answer func(ctx context.Context, packet []byte, say func([]byte))

// UDPSilent takes everything and says nothing.
func UDPSilent(context.Context, []byte, func([]byte)) {}

// UDPSays answers each packet with the same words.
func UDPSays(words string) Answer {
	return func(_ context.Context, _ []byte, say func([]byte)) { say([]byte(words)) }
}

// UDPTrickle answers with a byte each pause, for ever.
func UDPTrickle(pause time.Duration) Answer {
	return func(ctx context.Context, _ []byte, say func([]byte)) {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				say([]byte{'x'})
			}
		}
	}
}

// UDPEndless answers as fast as it can, for ever.
func UDPEndless(ctx context.Context, _ []byte, say func([]byte)) {
	for ctx.Err() == nil {
		say(make([]byte, 1200))
	}
}

// BadUDP starts a UDP server on 127.0.0.1 that behaves so and returns its port;
// the test's end stops it and joins everything.
func BadUDP(tb testing.TB, answer Answer) int {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	Must(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			packet := append([]byte(nil), buf[:n]...)
			wg.Go(func() { answer(ctx, packet, func(b []byte) { conn.WriteTo(b, from) }) })
		}
	})
	tb.Cleanup(func() { cancel(); conn.Close(); wg.Wait() })
	return conn.LocalAddr().(*net.UDPAddr).Port
}

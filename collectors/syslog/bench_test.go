package syslog

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkReceive is the whole way of a message, from the sender's write by TCP on
// loopback to the sink, which only counts.
func BenchmarkReceive(b *testing.B) {
	const message = "<13>Nov  3 04:05:06 web1 sshd[123]: Failed password for root from 192.0.2.99 port 22 ssh2"
	for name, framed := range map[string]string{"counted": fmt.Sprintf("%d %s", len(message), message), "lines": message + "\n"} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			c := DefaultConfig()
			c.TCP.Listen, c.Rate = l.Addr().String(), maxRate
			l.Close()
			var taken atomic.Int64
			dir := testDirectory()
			s, err := New(b.Context(), c, Deps{
				Logger: slog.New(slog.DiscardHandler), Now: time.Now, Directory: func() *Directory { return dir },
				Sink: func(_ context.Context, lines []Line) error { taken.Add(int64(len(lines))); return nil },
			})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			conn, err := net.Dial("tcp", c.TCP.Listen)
			if err != nil {
				b.Fatal(err)
			}
			block := bytes.Repeat([]byte(framed), 100)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 100 {
				if _, err := conn.Write(block); err != nil {
					b.Fatal(err)
				}
			}
			for want := int64((b.N + 99) / 100 * 100); taken.Load() < want; time.Sleep(100 * time.Microsecond) { // look again
			}
			b.StopTimer()
			conn.Close()
			cancel()
			if err := <-ended; err != nil {
				b.Error(err)
			}
		})
	}
}

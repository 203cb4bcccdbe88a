package netdial

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"monitord/checks"
)

func TestATapeKeepsTheBeginningAndEndsAtItsLimit(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		for range 3 {
			theirs.Write(bytes.Repeat([]byte("x"), 4000))
		}
	}()
	tape := NewTape(ours, 9000)
	got, err := io.ReadAll(tape)
	ours.Close()
	if !errors.Is(err, errTooMuch) || len(got) != 9000 || len(tape.Said()) != checks.EvidenceLimit || !errors.Is(tape.Err(), errTooMuch) {
		t.Errorf("read %d, kept %d, %v, %v", len(got), len(tape.Said()), err, tape.Err())
	}
}

// loopback is a pair of UDP sockets.
func loopback(t *testing.T) (ours net.Conn, theirs net.PacketConn) {
	t.Helper()
	theirs, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ours, err = net.Dial("udp", theirs.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

func TestALostPacketIsSentAgain(t *testing.T) {
	ours, theirs := loopback(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 100)
		theirs.ReadFrom(buf) // lost
		_, from, _ := theirs.ReadFrom(buf)
		theirs.WriteTo([]byte("stray"), from)
		theirs.WriteTo([]byte("answer"), from)
	}()
	ctx, cancel := contextFor(t, 2*time.Second)
	defer cancel()
	got, err := Question{Packet: []byte("?"), Tries: 3, Answers: func(b []byte) bool { return string(b) == "answer" }}.Ask(ctx, ours, "query", "h:1")
	<-done
	if err != nil || string(got) != "answer" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAFloodOfJunkEndsBeforeTheTimeout(t *testing.T) {
	ours, theirs := loopback(t)
	for range 2 * maxJunk {
		theirs.WriteTo([]byte("x"), ours.LocalAddr())
	}
	ctx, cancel := contextFor(t, time.Minute)
	defer cancel()
	got, err := Question{Packet: []byte("?"), Tries: 3, Answers: func([]byte) bool { return false }}.Ask(ctx, ours, "query", "h:1")
	if v, ok := errors.AsType[*Verdict](err); !ok || v.Reason != checks.ReasonProtocol || string(got) != "x" || ctx.Err() != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

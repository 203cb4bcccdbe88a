package trap

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// sender sends one notification of net-snmp's again and again.
type sender struct {
	conn net.PacketConn
	to   net.Addr
	msg  []byte
}

func newSender(t *testing.T, r *Receiver) *sender {
	t.Helper()
	relay, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { relay.Close() })
	if err := netSNMP(t, "snmptrap", "-v2c", "-c", "trapper", relay.LocalAddr().String(), "1", linkDown, ifIndex3, "i", "8388607"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	relay.SetReadDeadline(time.Now().Add(10 * time.Second))
	size, _, err := relay.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return &sender{relay, r.Addr(), buf[:size]}
}

// send sends the notification of number n: the interface that it is about.
func (s *sender) send(t *testing.T, n int) {
	t.Helper()
	s.msg[len(s.msg)-2], s.msg[len(s.msg)-1] = byte(n>>8), byte(n)
	if _, err := s.conn.WriteTo(s.msg, s.to); err != nil {
		t.Fatal(err)
	}
}

// Ten thousand notifications in one go: all that were read are taken or counted.
func TestAFloodIsBoundedAndCounted(t *testing.T) {
	r, k := start(t, nil)
	s := newSender(t, r)
	const sent = 10_000
	for i := range sent {
		s.send(t, i)
	}
	until(t, func() bool { s := r.Stats(); return s.Received+s.Dropped+s.Kernel == sent })
	st := r.Stats()
	until(t, func() bool { return len(k.list)+r.Stats().Repeated == st.Received })
	t.Logf("%+v, %d taken", st, len(k.list))
}

// Nothing is taken while the flood comes, as if the journal's disk stood still: the
// queue takes what it holds, the rest is dropped and counted; afterwards each that
// was queued is taken once, or known as a repeat.
func TestAFloodFasterThanItsHandlingIsDroppedAndCounted(t *testing.T) {
	for name, slow := range map[string]func(release chan struct{}) error{
		"it stands still": func(release chan struct{}) error { <-release; return nil },
		"it fails": func(release chan struct{}) error {
			select {
			case <-release:
				return nil
			default:
				return errors.New("disk full")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			taken := 0 // by the receiver's goroutine, until it has ended
			r, end := startWith(t, nil, Deps{
				Take: func(_ context.Context, list []Notification) error {
					if err := slow(release); err != nil {
						return err
					}
					taken += len(list)
					return nil
				},
				Rest: func(context.Context, Rest) error { return nil },
			})
			s := newSender(t, r)
			const sent, twice = 10_000, 100
			for i := range sent {
				if s.send(t, i); i < twice {
					s.send(t, i)
				}
			}
			until(t, func() bool { s := r.Stats(); return s.Received+s.Dropped+s.Kernel == sent+twice })
			if most := queueSize + batchSize; r.Stats().Received > most || len(r.queue) > queueSize {
				t.Errorf("%+v: more than %d wait", r.Stats(), most)
			}
			close(release)
			end()
			st := r.Stats()
			t.Logf("%d sent: %d taken, %d repeats, %d dropped by us, %d by the kernel", sent+twice, taken, st.Repeated, st.Dropped, st.Kernel)
			if st.Dropped == 0 || st.Dropped+st.Kernel < sent/4 || st.Repeated != twice || st.Failed > 0 || taken+st.Repeated+st.Dropped+st.Kernel != sent+twice {
				t.Errorf("%d taken, %+v; want all of %d", taken, st, sent+twice)
			}
		})
	}
}

package sipcall

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Bounds of what the server may send.
const (
	maxMessage = 64 << 10
	inbox      = 32 // messages read and not yet handled; UDP repeats what is dropped
)

// arrival is a message, or why the link is not what it was.
type arrival struct {
	msg sip.Message
	err error
}

// link carries messages over a connection, one a packet or as a stream.
type link struct {
	conn    net.Conn
	stream  bool
	in      chan arrival
	done    chan struct{}
	wg      sync.WaitGroup
	dropped atomic.Int64 // broken messages, and those beyond the inbox
}

// newLink starts to read; close joins.
func newLink(conn net.Conn, stream bool) *link {
	l := &link{conn: conn, stream: stream, in: make(chan arrival, inbox), done: make(chan struct{})}
	l.wg.Go(func() {
		defer close(l.in)
		if stream {
			l.readStream()
		} else {
			l.readPackets()
		}
	})
	return l
}

func (l *link) close() {
	close(l.done)
	l.conn.Close()
	l.wg.Wait()
}

// deliver hands a message over. A stream waits, as it can be slowed down.
func (l *link) deliver(a arrival) {
	if l.stream {
		select {
		case l.in <- a:
		case <-l.done:
		}
		return
	}
	select {
	case l.in <- a:
	default:
		l.dropped.Add(1)
	}
}

// faultPause keeps a broken socket from being read without end.
const faultPause = 50 * time.Millisecond

func (l *link) readPackets() {
	buf := make([]byte, maxMessage)
	for {
		n, err := l.conn.Read(buf)
		if err != nil {
			if l.closed() || errors.Is(err, net.ErrClosed) {
				return
			}
			// Nobody listens there: the kernel says so once for each packet.
			l.deliver(arrival{err: err})
			select {
			case <-l.done:
				return
			case <-time.After(faultPause):
			}
			continue
		}
		if isKeepAlive(buf[:n]) {
			continue
		}
		msg, err := parse(buf[:n])
		if err != nil {
			l.dropped.Add(1)
			continue
		}
		l.deliver(arrival{msg: msg})
	}
}

func (l *link) closed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// isKeepAlive reports line breaks alone. Source: RFC 5626, section 3.5.1.
func isKeepAlive(b []byte) bool { return len(bytes.Trim(b, "\r\n\x00")) == 0 }

// errBroken says that a parser gave up on bytes that it should have refused.
var errBroken = errors.New("message breaks the parser")

// parse reads one message; whatever the bytes are, it returns.
func parse(raw []byte) (msg sip.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, errBroken
		}
	}()
	msg, err = sip.NewParser().ParseSIP(bytes.Clone(raw))
	if err == nil {
		err = whole(msg)
	}
	return msg, err
}

// whole refuses what no answer can be matched to. It reads every header that
// is used, as the library parses them when they are first asked for.
func whole(msg sip.Message) error {
	if msg.Via() == nil || msg.CSeq() == nil || msg.CallID() == nil || msg.From() == nil || msg.To() == nil {
		return errors.New("a header is missing")
	}
	switch m := msg.(type) {
	case *sip.Request:
		m.Contact()
		m.ContentType()
	case *sip.Response:
		m.Contact()
	}
	return nil
}

func (l *link) readStream() {
	s := sip.NewParser().NewSIPStream()
	defer s.Close()
	buf := make([]byte, 4096)
	for {
		n, err := l.conn.Read(buf)
		if err == nil {
			err = l.feed(s, buf[:n])
		}
		if err != nil {
			l.deliver(arrival{err: err})
			return
		}
	}
}

// feed takes bytes of a stream, and returns an error when its messages cannot
// be told apart any more.
func (l *link) feed(s *sip.ParserStream, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errBroken
		}
	}()
	err = s.ParseSIPStream(b, func(msg sip.Message) {
		if whole(msg) != nil {
			l.dropped.Add(1)
			return
		}
		l.deliver(arrival{msg: msg})
	})
	if errors.Is(err, sip.ErrParseSipPartial) {
		return nil
	}
	return err
}

// writeWithin bounds a write to a connection that takes nothing.
const writeWithin = 5 * time.Second

// encode writes a message down. A value that would begin a new line is refused:
// what a value carries must not become a header.
func encode(msg sip.Message) ([]byte, error) {
	values := []string{}
	if req, ok := msg.(*sip.Request); ok {
		values = append(values, string(req.Method), req.Recipient.String())
	}
	for _, h := range msg.(interface{ Headers() []sip.Header }).Headers() {
		values = append(values, h.Name(), h.Value())
	}
	for _, v := range values {
		if strings.ContainsAny(v, "\r\n\x00") {
			return nil, fmt.Errorf("a value would break the message: %q", v[:min(len(v), 60)])
		}
	}
	return []byte(msg.String()), nil
}

// send writes a message.
func (l *link) send(msg sip.Message) error {
	raw, err := encode(msg)
	if err != nil {
		return err
	}
	return l.write(raw)
}

func (l *link) write(raw []byte) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := l.conn.Write(raw)
	return err
}

package phonetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"
)

// line is the sound of one call.
type line struct {
	exchange *Exchange
	call     *Call
	conn     net.PacketConn
	to       *net.UDPAddr
	event    uint8 // payload type of telephone events
	wg       sync.WaitGroup
	spoke    chan struct{} // closed at the first sound
	packet   rtp.Header
}

var (
	sdpAddr  = regexp.MustCompile(`(?m)^c=IN IP4 ([0-9.]+)\r?$`)
	sdpPort  = regexp.MustCompile(`(?m)^m=audio ([0-9]+) RTP/AVP (.*?)\r?$`)
	sdpEvent = regexp.MustCompile(`(?m)^a=rtpmap:([0-9]+) telephone-event/8000\r?$`)
)

// newLine opens a socket towards where an INVITE wants its sound.
func newLine(e *Exchange, call *Call, req *sip.Request) (*line, error) {
	body := string(req.Body())
	addr, port, event := sdpAddr.FindStringSubmatch(body), sdpPort.FindStringSubmatch(body), sdpEvent.FindStringSubmatch(body)
	if addr == nil || port == nil || event == nil {
		return nil, errors.New("no sound in the offer")
	}
	to, err := net.ResolveUDPAddr("udp", addr[1]+":"+port[1])
	if err != nil {
		return nil, err
	}
	pt, err := strconv.ParseUint(event[1], 10, 7)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{exchange: e, call: call, conn: conn, to: to, event: uint8(pt), spoke: make(chan struct{}),
		packet: rtp.Header{Version: 2, SSRC: 0x70686f6e, SequenceNumber: 1, Timestamp: 160}}
	l.wg.Go(l.listen)
	return l, nil
}

func (l *line) close() {
	l.conn.Close()
	l.wg.Wait()
}

// sdp is the phone's answer.
func (l *line) sdp(format string) []byte {
	if format == "" {
		format = "0"
	}
	port := l.conn.LocalAddr().(*net.UDPAddr).Port
	return []byte(strings.ReplaceAll(fmt.Sprintf("v=0\no=phone 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio %d RTP/AVP %s %d\n"+
		"a=rtpmap:%d telephone-event/8000\na=fmtp:%d 0-15\na=ptime:20\n", port, format, l.event, l.event, l.event), "\n", "\r\n"))
}

// Bounds of what is heard.
const (
	mostAudio = 5 * 60 * 8000
	loud      = 500 // of 32767: what is no silence
)

// listen keeps what is heard.
func (l *line) listen() {
	buf := make([]byte, 2048)
	for {
		n, _, err := l.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(buf[:n]) != nil || p.PayloadType != 0 {
			continue
		}
		l.hear(p.Payload)
	}
}

func (l *line) hear(ulaw []byte) {
	l.exchange.mu.Lock()
	defer l.exchange.mu.Unlock()
	for _, code := range ulaw {
		sample := decode(code)
		if l.call.Spoke.IsZero() && (sample > loud || sample < -loud) {
			l.call.Spoke = time.Now()
			close(l.spoke)
		}
		if len(l.call.Audio) < mostAudio {
			l.call.Audio = append(l.call.Audio, sample)
		}
	}
}

// decode is a µ-law code as a sample. Source: ITU-T G.711, table 2b.
func decode(code byte) int16 {
	inverse := ^code
	magnitude := (int16(inverse&0x0f)<<3+132)<<(inverse>>4&7) - 132
	if inverse >= 0x80 {
		return -magnitude
	}
	return magnitude
}

// press presses the keys once speech began.
func (l *line) press(ctx context.Context, keys []Press, info func(kind string, body []byte)) {
	if len(keys) == 0 {
		return
	}
	select {
	case <-l.spoke:
	case <-ctx.Done():
		return
	}
	for _, k := range keys {
		wait := time.NewTimer(k.After)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
		l.exchange.mu.Lock()
		if l.call.Pressed.IsZero() {
			l.call.Pressed = time.Now()
		}
		l.exchange.mu.Unlock()
		if k.Info {
			info("application/dtmf-relay", fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", k.Key))
		} else {
			l.hold(ctx, k.Key)
		}
	}
}

// held is the packets of one key before its end: 100 ms.
const held = 5

// hold sends a key as a phone does: packets of one timestamp whose duration
// grows, and its end three times. Source: RFC 4733, section 2.5.1.
func (l *line) hold(ctx context.Context, key byte) {
	event := strings.IndexByte("0123456789*#ABCD", key)
	l.packet.PayloadType, l.packet.Marker = l.event, true
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 1; i <= held+3; i++ {
		payload := []byte{byte(event), 10, 0, 0}
		binary.BigEndian.PutUint16(payload[2:], uint16(min(i, held+1)*160))
		if i > held {
			payload[1] |= 0x80
		}
		raw, err := (&rtp.Packet{Header: l.packet, Payload: payload}).Marshal()
		if err == nil {
			_, _ = l.conn.WriteTo(raw, l.to)
		}
		l.packet.SequenceNumber++
		l.packet.Marker = false
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	l.packet.Timestamp += (held + 4) * 160
}

// wav is a file of 16-bit PCM at 8 kHz.
func wav(samples []int16) []byte {
	const rate = 8000
	size := uint32(2 * len(samples))
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, 36+size)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, size)
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

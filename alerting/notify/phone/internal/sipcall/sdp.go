package sipcall

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

const sdpType = "application/sdp"

// Media is where one side's sound is.
type Media struct {
	Addr   netip.AddrPort
	Events []uint8 // payload types of telephone events, the first being preferred
}

// defaultEvents is the payload type of telephone events in our offers: nearly
// every phone uses it, and some believe that it is fixed.
const defaultEvents = 101

// sdp describes our side. Source: RFC 4566, section 5, RFC 4733, section 2.5.
func (m Media) sdp(version int) []byte {
	family := "IP4"
	if m.Addr.Addr().Is6() {
		family = "IP6"
	}
	events := uint8(defaultEvents)
	if len(m.Events) > 0 {
		events = m.Events[0]
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0 %d\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
		m.Addr.Port(), version+1, family, m.Addr.Addr(), family, m.Addr.Addr(), m.Addr.Port(), events, events, events)
}

// maxSDPLines bounds a description: a call's has about twenty lines.
const maxSDPLines = 500

var (
	errNoAudio  = errors.New("the other side offers no sound that is known here (want RTP/AVP with PCMU, which is also called ulaw or G.711 µ)")
	errNoPlace  = errors.New("the other side names no address for its sound (want c= with an IP address)")
	errLongSDP  = errors.New("the session description is too long")
	errPortless = errors.New("the other side closed its port for sound")
)

// parseSDP reads where the other side wants sound: the first part of audio with
// PCMU. An address of 0.0.0.0 means that the call is on hold.
func parseSDP(body []byte) (Media, error) {
	var session, media string // the c= of each level
	var formats []string
	var events []uint8
	var port uint64
	audio, parts := false, 0
	for i, line := range strings.Split(string(body), "\n") {
		if i == maxSDPLines {
			return Media{}, errLongSDP
		}
		kind, value, ok := strings.Cut(strings.TrimSuffix(line, "\r"), "=")
		if !ok {
			continue
		}
		switch kind {
		case "m":
			if formats != nil {
				audio = false // only the first part is used
				continue
			}
			parts++
			port, formats = parseAudio(value)
			audio, media = formats != nil, ""
		case "c":
			if parts == 0 {
				session = value
			} else if audio {
				media = value
			}
		case "a":
			if pt, ok := eventType(value); ok && audio {
				events = append(events, pt)
			}
		}
	}
	return describe(session, media, port, formats, events)
}

// parseAudio reads "audio PORT RTP/AVP FORMAT…"; formats is nil for other media.
func parseAudio(value string) (port uint64, formats []string) {
	f := strings.Fields(value)
	if len(f) < 4 || f[0] != "audio" || f[2] != "RTP/AVP" || !slices.Contains(f[3:], "0") {
		return 0, nil
	}
	number, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return 0, nil
	}
	return port, f[3:]
}

// eventType reads "rtpmap:101 telephone-event/8000".
func eventType(value string) (uint8, bool) {
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	number, encoding, both := strings.Cut(rest, " ")
	if !ok || !both || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(encoding)), "telephone-event/8000") {
		return 0, false
	}
	pt, err := strconv.ParseUint(number, 10, 7)
	return uint8(pt), err == nil && pt != 0
}

func describe(session, media string, port uint64, formats []string, events []uint8) (Media, error) {
	switch {
	case formats == nil:
		return Media{}, errNoAudio
	case port == 0:
		return Media{}, errPortless
	}
	if media == "" {
		media = session
	}
	f := strings.Fields(media)
	if len(f) < 3 || f[0] != "IN" {
		return Media{}, errNoPlace
	}
	text, _, _ := strings.Cut(f[2], "/")
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.IsMulticast() || addr.Zone() != "" {
		return Media{}, errNoPlace
	}
	if len(events) == 0 && slices.Contains(formats, strconv.Itoa(defaultEvents)) {
		events = []uint8{defaultEvents}
	}
	return Media{Addr: netip.AddrPortFrom(addr.Unmap(), uint16(port)), Events: events}, nil
}

package vip

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
)

var (
	ours  = [6]byte{2, 0, 0, 0, 0, 1}
	other = [6]byte{2, 0, 0, 0, 0, 2}
	four  = netip.MustParseAddr("192.0.2.80")
	six   = netip.MustParseAddr("2001:db8::80")
)

func TestWhoHoldsAnAddressByARP(t *testing.T) {
	elsewhere := netip.MustParseAddr("192.0.2.1")
	for name, tt := range map[string]struct {
		packet arpPacket
		want   bool
	}{
		"an answer":                 {arpPacket{Op: arpReply, SenderMAC: other, Sender: four, TargetMAC: ours, Target: netip.IPv4Unspecified()}, true},
		"its holder asks something": {arpPacket{Op: arpRequest, SenderMAC: other, Sender: four, Target: elsewhere}, true},
		"another one probes too":    {arpPacket{Op: arpRequest, SenderMAC: other, Sender: netip.IPv4Unspecified(), Target: four}, true},
		"another one only asks":     {arpPacket{Op: arpRequest, SenderMAC: other, Sender: elsewhere, Target: four}, false},
		"our own probe":             {arpPacket{Op: arpRequest, SenderMAC: ours, Sender: netip.IPv4Unspecified(), Target: four}, false},
		"our own announcement":      {arpPacket{Op: arpReply, SenderMAC: ours, Sender: four, Target: four}, false},
		"a foreign probe":           {arpPacket{Op: arpRequest, SenderMAC: other, Sender: netip.IPv4Unspecified(), Target: elsewhere}, false},
	} {
		b := append(tt.packet.appendTo(nil), make([]byte, 18)...) // Ethernet's padding
		if got := arpHolder(b, ours, four); (got != nil) != tt.want || got != nil && !bytes.Equal(got, other[:]) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	// RFC 826, as tcpdump shows it on the wire.
	want := []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 80}
	if got := arpProbe(ours, four); !bytes.Equal(got, want) {
		t.Errorf("probe % x; want % x", got, want)
	}
}

func TestWhoHoldsAnAddressByNeighbourDiscovery(t *testing.T) {
	advert := advertisement(other, six)
	bare := ipv6Packet(netip.MustParseAddr("fe80::2"), allNodes, advert[ipv6HeaderSize:ipv6HeaderSize+ndpBodySize])
	spoiled := bytes.Clone(advert)
	spoiled[len(spoiled)-1]++
	routed := bytes.Clone(advert)
	routed[7] = 64
	for name, tt := range map[string]struct {
		packet []byte
		want   []byte
	}{
		"an advertisement":             {advert, other[:]},
		"one that names no interface":  {bare, net.ParseIP("fe80::2")},
		"another one looks too":        {solicitation(six), make([]byte, 16)},
		"our own":                      {advertisement(ours, six), nil},
		"for another address":          {advertisement(other, netip.MustParseAddr("2001:db8::81")), nil},
		"a wrong checksum":             {spoiled, nil},
		"not from this wire":           {routed, nil},
		"cut off":                      {advert[:50], nil},
		"an ordinary question for it":  {ipv6Packet(netip.MustParseAddr("fe80::2"), solicitedNode(six), solicitation(six)[ipv6HeaderSize:]), nil},
		"something else by its length": {append(bytes.Clone(advert), 1, 2, 3), other[:]}, // Ethernet's padding
	} {
		if got := ndpHolder(tt.packet, ours, six); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: got % x; want % x", name, got, tt.want)
		}
	}
	if got := solicitedNode(six); got != netip.MustParseAddr("ff02::1:ff00:80") { // RFC 4291's rule
		t.Errorf("got %s", got)
	}
	if got := multicastMAC(solicitedNode(six)).String(); got != "33:33:ff:00:00:80" {
		t.Errorf("got %s", got)
	}
	for _, packet := range [][]byte{advert, solicitation(six)} {
		if checksum(packet) != 0xffff {
			t.Errorf("checksum of % x", packet)
		}
	}
}

// FuzzHolder: whatever is on the wire, nobody is named for what he did not say,
// and what we write we read.
func FuzzHolder(f *testing.F) {
	f.Add(arpProbe(other, four))
	f.Add(arpAnnouncements(other, four)[1])
	f.Add(advertisement(other, six))
	f.Add(solicitation(six))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseARP(b); err == nil && !bytes.Equal(p.appendTo(nil), b[:arpSize]) {
			t.Errorf("% x: read as %+v", b[:arpSize], p)
		}
		if who := arpHolder(b, ours, four); who != nil && len(who) != 6 {
			t.Errorf("% x: %v", b, who)
		}
		if who := ndpHolder(b, ours, six); who != nil && len(who) != 6 && len(who) != 16 {
			t.Errorf("% x: %v", b, who)
		}
	})
}

package snmp

import (
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosnmp/gosnmp"

	"monitord/internal/testserver/snmpagent"
)

// An answer that is cut off, or whose lengths lie, is none: what comes behind it
// is taken, and without that there is an error and never a value.
func TestATruncatedOrLyingAnswerIsNone(t *testing.T) {
	var honest atomic.Bool
	agent := snmpagent.New(t, snmpagent.Numbers(table, 3), func(r *snmpagent.Reply) {
		whole, err := r.Packet.MarshalMsg()
		if err != nil {
			t.Error(err)
			return
		}
		for cut := range whole {
			r.Raw = append(r.Raw, whole[:cut])
		}
		for at := range whole {
			if whole[at] == tagSequence || pduKind(whole[at]) == pduResponse {
				for _, length := range []byte{0, 1, whole[at+1] - 1, whole[at+1] + 1, 0x7f, 0x80, 0x84, 0x88, 0xff} {
					lying := slices.Clone(whole)
					lying[at+1] = length
					r.Raw = append(r.Raw, lying)
				}
			}
		}
		if !honest.Load() {
			r.Packet = nil
		}
	})
	s := open(t, device(agent.Port))
	oids := []OID{MustOID(table + ".1"), MustOID(table + ".2"), MustOID(table + ".3")}
	if a, err := s.Get(t.Context(), oids...); !errors.Is(err, ErrTimeout) {
		t.Errorf("%+v, %v; want no answer", a, err)
	}
	honest.Store(true)
	s = open(t, patient(device(agent.Port)))
	a, err := s.Get(t.Context(), oids...)
	if err != nil || len(a.Vars) != 3 {
		t.Fatalf("%+v, %v", a, err)
	}
	for i, v := range a.Vars {
		if v.OID != oids[i] || v.Int() != int64(i+1) {
			t.Errorf("object %d is %+v", i, v)
		}
	}
}

// refusing is an agent of version 3 that tells its engine ID, and then refuses
// every request with the same report.
func refusing(t *testing.T, report string) (port int, asked *atomic.Int64) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int64)
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 2000)
		for {
			n, peer, err := conn.ReadFromUDP(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			id, _, peekErr := peekV3(string(buf[:n]))
			if err != nil || peekErr != nil {
				continue
			}
			what := report
			if asked.Add(1) == 1 {
				what = ".1.3.6.1.6.3.15.1.1.4.0" // usmStatsUnknownEngineIDs
			}
			const engine = "\x80\x00\x7e\xd9\x05wrong"
			out, err := (&gosnmp.SnmpPacket{
				Version: gosnmp.Version3, MsgID: uint32(id), MsgMaxSize: 65507, PDUType: gosnmp.Report,
				SecurityModel: gosnmp.UserSecurityModel, ContextEngineID: engine,
				SecurityParameters: &gosnmp.UsmSecurityParameters{AuthoritativeEngineID: engine, AuthoritativeEngineBoots: 7, AuthoritativeEngineTime: 1, UserName: "noauth"},
				Variables:          []gosnmp.SnmpPDU{{Name: what, Type: gosnmp.Counter32, Value: uint(1)}},
			}).MarshalMsg()
			if err == nil {
				conn.WriteToUDP(out, peer)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); done.Wait() })
	return conn.LocalAddr().(*net.UDPAddr).Port, asked
}

// An agent that refuses the very time or engine ID that it tells is asked anew
// once, and then is an error that says so.
func TestAnAgentThatRefusesItsOwnEngineIsAnError(t *testing.T) {
	for report, want := range map[string]error{".1.3.6.1.6.3.15.1.1.2.0": ErrClock, ".1.3.6.1.6.3.15.1.1.4.0": ErrEngine} {
		port, asked := refusing(t, report)
		d := patient(device(port))
		d.Credentials = Credentials{Version: V3, User: "noauth"}
		d.Engine = new(Engine)
		_, err := open(t, d).Get(t.Context(), sysDescr)
		if !errors.Is(err, want) || d.Engine.ID() != "" {
			t.Errorf("%v, engine %q; want %v and nothing kept", err, d.Engine.ID(), want)
		}
		if n := asked.Load(); n > 8 {
			t.Errorf("%v: asked %d times", want, n)
		}
	}
}

package poll_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/testserver/snmpagent"
)

// ports are n interfaces, each with its own octets.
func ports(n int) map[string]gosnmp.SnmpPDU {
	all := map[string]gosnmp.SnmpPDU{}
	for i := 1; i <= n; i++ {
		maps.Copy(all, eth(i, fmt.Sprint("Gi0/", i), uint64(1000*i)))
	}
	return all
}

// patient aims the session at the agent with short waits.
func (d *device) patient(t *testing.T, retries int) {
	t.Helper()
	to := snmp.DefaultDevice()
	to.Address, to.Port, to.Credentials.Community = "127.0.0.1", d.agent.Port, "public"
	to.Timeout, to.BackOff, to.Retries = 50*time.Millisecond, 1, retries
	if err := d.session.Aim(t.Context(), to); err != nil {
		t.Fatal(err)
	}
}

// whole fails when a row has another's octets.
func whole(t *testing.T, r poll.Reading, n int, grown uint64) {
	t.Helper()
	for i := 1; i <= n; i++ {
		if v := one(t, r, fmt.Sprint("Gi0/", i)).Values[cHC]; !v.Known || v.Number != float64(1000*uint64(i)+grown) {
			t.Errorf("Gi0/%d has %+v", i, v)
		}
	}
}

// A little loss fails no poll; a great one fails some, and each of those is an
// error without a row. No value is ever another's, and nothing is taken for a
// restart or a reset.
func TestLostDatagramsChangeNoValue(t *testing.T) {
	const polls, rows = 12, 20
	for _, line := range []struct {
		lost, retries    int // of a hundred requests; as by default 2
		fewest, mostGood int
	}{{0, 2, polls, polls}, {1, 2, polls, polls}, {30, 2, polls / 2, polls}, {30, 8, polls, polls}, {55, 2, 1, polls - 1}} {
		t.Run(fmt.Sprintf("%d %% lost, %d retries", line.lost, line.retries), func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, snmp.V2c, table(), ports(rows))
			dice := rand.New(rand.NewPCG(1, 14)) // the same numbers each time
			d.bend(func(r *snmpagent.Reply) {
				if dice.IntN(100) < line.lost {
					r.Packet = nil
				}
			})
			d.patient(t, line.retries)
			good := 0
			for n := range polls {
				d.later(time.Minute)
				for i := 1; i <= rows; i++ {
					d.set(map[string]gosnmp.SnmpPDU{hcIn + fmt.Sprint(i): counter64(uint64(1000*i + n*600))})
				}
				r, err := d.poller.Poll(t.Context(), d.session)
				if err != nil {
					if !errors.Is(err, snmp.ErrTimeout) || len(r.Rows) > 0 {
						t.Errorf("poll %d: %v and %d rows", n, err, len(r.Rows))
					}
					continue
				}
				if whole(t, r, rows, uint64(n*600)); happened(r) != "" {
					t.Errorf("poll %d: %s", n, happened(r))
				}
				if good++; good > 1 {
					if v := one(t, r, "Gi0/7").Values[cHC]; !v.RateKnown || v.Rate != 10 {
						t.Errorf("poll %d: %+v, want 10 a second", n, v)
					}
				}
			}
			t.Logf("%d of %d polls succeed; %d requests were repeated", good, polls, d.session.Stats().Retries)
			if line.lost > 0 && d.session.Stats().Retries == 0 {
				t.Error("nothing was lost")
			}
			if good < line.fewest || good > line.mostGood {
				t.Errorf("%d of %d polls succeed; want %d to %d", good, polls, line.fewest, line.mostGood)
			}
		})
	}
}

func TestAnAgentWithASmallBufferIsReadInSmallerParts(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), ports(20))
	refused := 0
	d.bend(func(r *snmpagent.Reply) {
		if raw, err := r.Packet.MarshalMsg(); err == nil && len(raw) > 484 { // RFC 3417: every agent can do that
			refused++
			r.Packet.Error, r.Packet.Variables = gosnmp.TooBig, nil
		}
	})
	whole(t, d.poll(t), 20, 0)
	if refused == 0 {
		t.Error("nothing was too big")
	}
}

func TestAnAnswerInAnotherOrderFeedsNoOtherSeries(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), ports(20))
	d.bend(func(r *snmpagent.Reply) {
		if r.Request.PDUType == gosnmp.GetRequest {
			slices.Reverse(r.Packet.Variables)
		}
	})
	r := d.poll(t)
	if whole(t, r, 20, 0); happened(r) != "" {
		t.Errorf("happened: %s", happened(r))
	}
	d.bend(func(r *snmpagent.Reply) {
		if r.Request.PDUType == gosnmp.GetRequest {
			for i := range r.Packet.Variables {
				r.Packet.Variables[i].Name = uptime
			}
		}
	})
	if _, err := d.poller.Poll(t.Context(), d.session); err == nil {
		t.Error("an answer about something else was taken")
	}
}

func TestATableThatGoesBackwardsEnds(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), ports(5))
	d.bend(func(r *snmpagent.Reply) {
		if r.Request.PDUType == gosnmp.GetBulkRequest {
			r.Packet.Variables = []gosnmp.SnmpPDU{{Name: ifName + "4", Type: gosnmp.OctetString, Value: []byte("Gi0/4")}}
		}
	})
	if _, err := d.poller.Poll(t.Context(), d.session); !errors.Is(err, snmp.ErrNotIncreasing) {
		t.Errorf("got %v", err)
	}
	d.bend(nil)
	whole(t, d.poll(t), 5, 0)
}

func TestARestartThatAFailedPollSawIsToldByTheNext(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), ports(2))
	d.poll(t)
	d.later(time.Minute)
	d.set(map[string]gosnmp.SnmpPDU{uptime: ticks(5 * time.Second)})
	d.bend(func(r *snmpagent.Reply) {
		if r.Request.PDUType == gosnmp.GetBulkRequest {
			r.Packet = nil
		}
	})
	d.patient(t, 0)
	if r, err := d.poller.Poll(t.Context(), d.session); err == nil || len(r.Happened) > 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	d.bend(nil)
	d.later(time.Minute)
	if got := happened(d.poll(t)); got != "restarted" {
		t.Errorf("got %q, want the restart", got)
	}
	d.later(time.Minute)
	if got := happened(d.poll(t)); got != "" {
		t.Errorf("told twice: %q", got)
	}
}

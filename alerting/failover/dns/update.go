package dns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
)

// errChanged says that the record set is no longer what the prerequisite says:
// the server has changed nothing, and we must look again.
var errChanged = errors.New("the record set was changed meanwhile")

// change is one update: what must be there, what goes and what comes.
type change struct {
	set         []mdns.RR // the whole record set, as it was looked at
	remove, add []mdns.RR // both may be empty: then only set is proved
}

// message is the update (RFC 2136 section 2). Its prerequisite is the whole set
// with its values (2.4.2), or that there is none (2.4.3).
func (a *Action) message(ch change) *mdns.Msg {
	m := new(mdns.Msg).SetUpdate(a.zone)
	if len(ch.set) == 0 {
		m.RRsetNotUsed([]mdns.RR{&mdns.ANY{Hdr: mdns.RR_Header{Name: a.name, Rrtype: a.qtype}}})
	} else {
		m.Used(copies(ch.set))
	}
	m.Remove(copies(ch.remove))
	m.Insert(copies(ch.add))
	return m
}

// copies keeps the library from changing the class and TTL of what we keep.
func copies(set []mdns.RR) []mdns.RR {
	out := make([]mdns.RR, len(set))
	for i, rr := range set {
		out[i] = mdns.Copy(rr)
	}
	return out
}

// update sends an update. An error other than Unknown says that nothing was
// changed.
func (a *Action) update(ctx context.Context, c *conn, ch change) error {
	answer, err := c.exchange(ctx, a.message(ch))
	if err != nil {
		return err
	}
	if answer.Rcode != mdns.RcodeSuccess {
		return errChanged // the codes of a prerequisite: all else is a Refusal
	}
	return nil
}

// known takes the Unknown off an error after which nothing can have changed.
func known(err error) error {
	if u, ok := errors.AsType[failover.Unknown](err); ok {
		return u.Err
	}
	return err
}

// taken is what the action remembers about a host: what it took out, so that
// exactly that can be put back.
type taken struct {
	Request string   `json:"request"` // the request's ID
	Zone    string   `json:"zone"`
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Records []record `json:"records"`
	At      int64    `json:"at"` // Unix seconds
	// Done is false from just before the update until its answer.
	Done bool `json:"done"`
}

// record is one record, as a zone file writes it.
type record struct {
	TTL   uint32 `json:"ttl"` // seconds
	Value string `json:"value"`
}

func (a *Action) takenOf(r failover.Request, set []mdns.RR) taken {
	t := taken{Request: r.ID, Zone: a.zone, Name: a.name, Type: a.config.Type, At: a.deps.Now().Unix()}
	for _, rr := range set {
		t.Records = append(t.Records, record{TTL: rr.Header().Ttl, Value: rr.String()[len(rr.Header().String()):]})
	}
	return t
}

// recall is what was taken out for a host; nil when nothing was.
func (a *Action) recall(host string) (*taken, []mdns.RR, error) {
	var raw json.RawMessage
	ok, err := a.memory.Load(host, &raw)
	if err != nil || !ok {
		return nil, nil, err
	}
	t, set, err := a.parseTaken(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("what was remembered about %s in %s: %w", host, a.memory.Dir, err)
	}
	return t, set, nil
}

// parseTaken reads what was remembered. It may be of another pool when the
// configuration was changed meanwhile.
func (a *Action) parseTaken(raw []byte) (*taken, []mdns.RR, error) {
	var t taken
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, nil, err
	}
	if t.Zone != a.zone || t.Name != a.name || t.Type != a.config.Type {
		return nil, nil, fmt.Errorf("it was taken out of %s %s in zone %s, which the action no longer changes (put it back by hand and delete the file)", t.Name, t.Type, t.Zone)
	}
	var set []mdns.RR
	for _, rec := range t.Records {
		rr, err := mdns.NewRR(fmt.Sprintf("%s %d IN %s %s", a.name, rec.TTL, a.config.Type, rec.Value))
		if err != nil {
			return nil, nil, err
		}
		if rr == nil || rr.Header().Rrtype != a.qtype || mdns.CanonicalName(rr.Header().Name) != a.name || value(rr) == "" {
			return nil, nil, fmt.Errorf("%q is no %s record", rec.Value, a.config.Type)
		}
		set = append(set, rr)
	}
	if len(set) == 0 {
		return nil, nil, errors.New("it holds no record")
	}
	return &t, set, nil
}

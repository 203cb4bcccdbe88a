package snmpask

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"monitord/checks"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/collectors/snmp/netsnmp"
	"monitord/internal/config"
)

// Asker is a checks.SNMP. It reads names when the first one is asked for, and
// keeps what v3 learned of each agent. Safe for concurrent use.
type Asker struct {
	names func() (*mib.Names, error)

	mu      sync.Mutex
	engines map[string][]*snmp.Engine // free ones, by agent and credentials
}

// New is an asker that knows the standard names and those of MIB files in the
// folders. Names that cannot be read are an error of Find.
func New(folders ...string) *Asker {
	return &Asker{
		names:   sync.OnceValues(func() (*mib.Names, error) { return mib.Load(folders...) }),
		engines: map[string][]*snmp.Engine{},
	}
}

// Find is the number of a name.
func (a *Asker) Find(name string) (string, error) {
	var names *mib.Names
	if strings.Trim(name, ".0123456789") != "" {
		var err error
		if names, err = a.names(); names == nil {
			return "", err
		}
	}
	oid, err := names.Find(name)
	if err == nil && oid == "" {
		err = errors.New("the root is no object")
	}
	if err != nil {
		return "", err
	}
	return oid.String(), nil
}

// Ask asks once.
func (a *Asker) Ask(ctx context.Context, q checks.SNMPQuery) ([]checks.SNMPValue, error) {
	device, err := a.device(ctx, q)
	if err != nil {
		return nil, err
	}
	var oids []snmp.OID
	for _, text := range q.OIDs {
		oid, err := snmp.ParseOID(text)
		if err != nil {
			return nil, err
		}
		oids = append(oids, oid)
	}
	key := device.Peer() + "\x00" + q.Credentials
	device.Engine = a.take(key)
	defer a.give(key, device.Engine)
	session, err := snmp.Open(ctx, device)
	if err != nil {
		return nil, classify(err)
	}
	defer session.Close()
	return a.values(ctx, session, q.Next, oids)
}

// publicCommunity is what agents are delivered with.
const publicCommunity = "public"

func (a *Asker) device(ctx context.Context, q checks.SNMPQuery) (snmp.Device, error) {
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Retries, d.BackOff = q.Address, q.Port, q.Retries, 0
	d.Credentials.Community = publicCommunity
	if deadline, ok := ctx.Deadline(); ok {
		// A little is left, so that silence is told with what was seen meanwhile.
		d.Timeout = max(10*time.Millisecond, time.Until(deadline)*19/20/time.Duration(q.Retries+1))
	}
	if q.Credentials == "" {
		return d, nil
	}
	var err error
	d.Credentials, err = snmp.LoadCredentials(config.Secret{File: q.Credentials})
	return d, err
}

// maxEngines bounds what is kept: agents are as many as are configured, but
// names may change for ever.
const maxEngines = 10000

func (a *Asker) take(key string) *snmp.Engine {
	a.mu.Lock()
	defer a.mu.Unlock()
	free := a.engines[key]
	if len(free) == 0 {
		return new(snmp.Engine)
	}
	a.engines[key] = free[:len(free)-1]
	return free[len(free)-1]
}

func (a *Asker) give(key string, e *snmp.Engine) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.engines) >= maxEngines {
		clear(a.engines)
	}
	a.engines[key] = append(a.engines[key], e)
}

func (a *Asker) values(ctx context.Context, s *snmp.Session, next bool, oids []snmp.OID) ([]checks.SNMPValue, error) {
	var values []checks.SNMPValue
	var names *mib.Names
	if got, _ := a.names(); got != nil { // Find told what is wrong with files
		names = got
	}
	add := func(v snmp.Varbind) error {
		values = append(values, value(names, v))
		return nil
	}
	if !next {
		err := s.GetAll(ctx, 0, oids, add)
		return values, classify(err)
	}
	answer, err := s.GetNext(ctx, oids...)
	if err != nil {
		return nil, classify(err)
	}
	if answer.Status != snmp.NoError {
		return nil, classify(fmt.Errorf("the agent says %s", answer.Status))
	}
	for _, v := range answer.Vars {
		add(v)
	}
	return values, nil
}

// value reads a varbind.
func value(names *mib.Names, v snmp.Varbind) checks.SNMPValue {
	p := netsnmp.Printer{Names: names}
	out := checks.SNMPValue{Name: p.OID(v.OID), Missing: v.Missing()}
	out.Number, out.IsNumber = v.Number()
	switch v.Type {
	case snmp.TypeTimeTicks:
		out.Number, out.Seconds = out.Number/100, true
	case snmp.TypeCounter32, snmp.TypeCounter64:
		out.Counter = true
	}
	p.Quick, p.NoUnits = true, true
	out.Text = strings.Trim(string(p.AppendValue(nil, v)), `"`)
	return out
}

// classify gives an error of asking its reason.
func classify(err error) error {
	if err == nil {
		return nil
	}
	reason := checks.ReasonProtocol
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		reason = checks.ReasonDNS
	case errors.Is(err, snmp.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		reason = checks.ReasonTimeout
	case errors.Is(err, snmp.ErrRefused), errors.Is(err, snmp.ErrUnreachable):
		reason = checks.ReasonConnect
	case errors.Is(err, snmp.ErrUser), errors.Is(err, snmp.ErrAuth), errors.Is(err, snmp.ErrPriv), errors.Is(err, snmp.ErrLevel), errors.Is(err, snmp.ErrContext):
		reason = checks.ReasonAuth
	case isStatus(err):
		reason = checks.ReasonStatus
	}
	return &checks.SNMPError{Reason: reason, Err: err}
}

func isStatus(err error) bool {
	_, ok := errors.AsType[*snmp.StatusError](err)
	return ok
}

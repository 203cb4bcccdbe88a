package snmp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/collectors/snmp/netsnmp"
)

// value is one object of an answer.
type value struct {
	name    string  // IF-MIB::ifOperStatus.1, or the number
	text    string  // up(1), 42, 0:12:01.50, a string without quotes
	number  float64 // when numeric; TimeTicks are in seconds
	numeric bool
	counter bool
	seconds bool
	missing bool // the agent has no such object
}

// errRoot is an OID that names everything.
var errRoot = errors.New("the root is no object")

// find is the number of a name; names is asked only for what is no number.
func find(names func() (*mib.Names, error), name string) (snmp.OID, error) {
	var known *mib.Names
	var faults error
	if strings.Trim(name, ".0123456789") != "" {
		if known, faults = names(); known == nil {
			return "", faults
		}
	}
	oid, err := known.Find(name)
	if _, ok := errors.AsType[*mib.NotFoundError](err); ok {
		err = fmt.Errorf("%w (is its MIB file in snmp.mibs, by default %s? a number always works)", err, mib.DefaultFolder)
		err = errors.Join(err, faults) // a faulty file may be why
	}
	if err == nil && oid == "" {
		err = errRoot
	}
	return oid, err
}

// publicCommunity is what agents are delivered with.
const publicCommunity = "public"

// device is whom to ask, at an address, within ctx.
func (c *Check) device(ctx context.Context, address string) (snmp.Device, error) {
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Retries, d.BackOff = address, c.cfg.Port, c.cfg.Retries, 0
	d.Credentials.Community = publicCommunity
	if deadline, ok := ctx.Deadline(); ok {
		// A little is left, so that silence is told with what was seen meanwhile.
		d.Timeout = max(10*time.Millisecond, time.Until(deadline)*19/20/time.Duration(c.cfg.Retries+1))
	}
	if c.cfg.Credentials.IsZero() {
		return d, nil
	}
	var err error
	d.Credentials, err = snmp.LoadCredentials(c.cfg.Credentials)
	return d, err
}

// ask asks once, for all objects.
func (c *Check) ask(ctx context.Context, d snmp.Device) (list []value, err error) {
	s, err := snmp.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	names, _ := c.names() // New told what is wrong with them
	add := func(v snmp.Varbind) error {
		list = append(list, read(names, v))
		return nil
	}
	if !c.cfg.Next {
		return list, s.GetAll(ctx, 0, c.oids, add)
	}
	answer, err := s.GetNext(ctx, c.oids...)
	if err != nil {
		return nil, err
	}
	if answer.Status != snmp.NoError {
		return nil, fmt.Errorf("snmp %s: %w", d.Peer(), &snmp.StatusError{Status: answer.Status})
	}
	for _, v := range answer.Vars {
		add(v)
	}
	return list, nil
}

// read reads a varbind.
func read(names *mib.Names, v snmp.Varbind) value {
	p := netsnmp.Printer{Names: names}
	out := value{name: p.OID(v.OID), missing: v.Missing()}
	out.number, out.numeric = v.Number()
	switch v.Type {
	case snmp.TypeTimeTicks:
		out.number, out.seconds = out.number/100, true
	case snmp.TypeCounter32, snmp.TypeCounter64:
		out.counter = true
	}
	p.Quick, p.NoUnits = true, true
	out.text = strings.Trim(string(p.AppendValue(nil, v)), `"`)
	return out
}

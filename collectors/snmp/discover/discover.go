package discover

import (
	"context"
	"fmt"
	"time"

	"monitord/collectors/snmp"
)

// The system group (RFC 3418).
var (
	sysDescr    = snmp.MustOID(".1.3.6.1.2.1.1.1.0")
	sysObjectID = snmp.MustOID(".1.3.6.1.2.1.1.2.0")
	sysUpTime   = snmp.MustOID(".1.3.6.1.2.1.1.3.0")
	sysName     = snmp.MustOID(".1.3.6.1.2.1.1.5.0")
	sysLocation = snmp.MustOID(".1.3.6.1.2.1.1.6.0")
)

// Read asks the session's agent for everything. The error is an agent that does
// not answer at all, or the context's end.
func Read(ctx context.Context, s *snmp.Session) (*Device, error) {
	d := &Device{}
	err := s.GetAll(ctx, 0, []snmp.OID{sysDescr, sysObjectID, sysUpTime, sysName, sysLocation}, func(v snmp.Varbind) error {
		d.system(v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	r := newReader(ctx, s)
	r.interfaces(d)
	r.storage(d)
	r.memory(d)
	r.processors(d)
	r.entitySensors(d)
	r.objects(d)
	r.supplies(d)
	r.ucd(d)
	d.Class = r.class(d)
	d.Gaps = r.gaps
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	return d, nil
}

// system takes one object of the system group; what is missing stays empty.
func (d *Device) system(v snmp.Varbind) {
	if v.Missing() {
		return
	}
	switch v.OID {
	case sysDescr:
		d.SysDescr = v.Raw
	case sysObjectID:
		if v.Type == snmp.TypeOID {
			d.SysObjectID = v.Value()
		}
	case sysUpTime:
		d.Up = time.Duration(v.Bits) * 10 * time.Millisecond
	case sysName:
		d.SysName = v.Raw
	case sysLocation:
		d.SysLocation = v.Raw
	}
}

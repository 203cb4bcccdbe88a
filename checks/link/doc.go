// Package link looks at a network interface of this machine: is it up, and is
// there a carrier?
//
// Sources: Documentation/ABI/testing/sysfs-class-net of the Linux kernel (carrier,
// operstate, speed, duplex, carrier_changes); RFC 2863, section 3.1.14, for the
// operational states.
//
// OK: a carrier, and the state is up (or unknown, as drivers without the notion
// say). CRITICAL: no such interface, switched off, no carrier, or another state
// (status). WARNING: slower than min_speed (threshold). UNKNOWN: sysfs does not
// say (internal).
//
// The check is about the machine it runs on: let the host's probe run it. A link
// with a carrier may still lead nowhere: checks/gateway asks that. No rights are
// needed.
package link

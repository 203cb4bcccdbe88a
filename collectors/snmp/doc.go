// Package snmp asks SNMP agents: v1 (RFC 1157), v2c (RFC 1901, 3416) and v3
// with USM (RFC 3412, 3414, 3826, 7860) over UDP (RFC 3417).
//
// # Words
//
//   - Device: an agent and how to ask it; Credentials: community or user, read
//     from a file by LoadCredentials, printed as <hidden>.
//   - Session: one worker's socket and buffers. Open one, or Aim one at device
//     after device. Not for concurrent use: one worker, one session.
//   - OID: compact and comparable, good as the key of a map. MustOID for
//     constants, Append for rows, Index to take the row off again.
//   - Varbind: an object and its value. Number, Int, Raw, Value, Addr; Missing.
//   - Engine: what v3 found out of one device. Keep one with each v3 device and
//     set Device.Engine: it saves a round trip and 10 ms of hashing a session.
//
// # For a poller
//
//	s := new(snmp.Session)
//	defer s.Close()
//	for d := range devices {
//		if err := s.Aim(ctx, d); err != nil { … }
//		a, err := s.Get(ctx, sysUpTime, discontinuity, inOctets, …)      // one request
//		a, err = s.GetBulk(ctx, 1, rows, sysUpTime, inOctets, outOctets) // a table's columns, sysUpTime beside
//		err = s.GetAll(ctx, 0, rowsOfTheTable, func(v snmp.Varbind) error { … })
//		err = s.Walk(ctx, ifTable, func(v snmp.Varbind) error { … })
//	}
//
// Get, GetNext and GetBulk hand out the agent's status; GetAll, Walk and
// WalkWith deal with it (tooBig asks for less, v1's noSuchName leaves one out).
// Session.Repetitions is how many rows the agent could answer so far, and is
// kept in Engine. An Answer is valid until the next request; Varbinds may be kept
// (they keep their datagram alive). A request costs at most Timeout × (1 +
// BackOff + …) for Retries+1 attempts, and never more than its context allows.
//
// # What agents do
//
// Late and repeated answers are known by their number and dropped. An answer
// from another address is dropped and told in the error, or taken with
// AnySource. Messages that are not well-formed are dropped; the attempt waits
// on. A walk ends by ErrNotIncreasing or ErrTooMany where it would not end by
// itself. A v3 engine with another time or ID is asked anew, once. Reports that
// carry no signature only explain why nothing came; they change nothing.
//
// # Why two ways onto the wire
//
// v3 is gosnmp's (one object a session, made by Aim). The few octets of v1 and
// v2c are written and read here: gosnmp makes a string and a value on the heap
// for each varbind, which alone is the microsecond that a poller may cost. Here
// a varbind is part of the datagram it came in.
//
// # Errors
//
// Every error of asking is an *AgentError: which agent, what, and what to do.
// errors.Is tells ErrTimeout, ErrRefused, ErrUnreachable, ErrUser, ErrAuth,
// ErrPriv, ErrLevel, ErrContext, ErrClock, ErrEngine, ErrTooBig,
// ErrNotIncreasing, ErrTooMany; errors.AsType *StatusError.
//
// Names of objects: collectors/snmp/mib. Text as net-snmp's: collectors/snmp/netsnmp.
package snmp

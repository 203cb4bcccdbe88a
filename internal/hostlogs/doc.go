// Package hostlogs is the key `logs` of hosts, groups and templates: which logs
// of a machine its probe follows, and the rules for their lines.
//
// A layer is a mapping as it is written. Layers lie over each other (Lay): files
// and rules by name, null takes one away. Decode reads the whole, and Marshal
// writes it for the probe, where DecodeBytes reads it again.
package hostlogs

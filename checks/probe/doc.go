// Package probe is the alive check of a host that runs a probe: did the probe
// speak to us lately?
//
// OK: it was heard within max_age. CRITICAL: it was heard, but longer ago
// (timeout). UNKNOWN: it never spoke (no-data), or there is no server here to
// ask (internal).
package probe

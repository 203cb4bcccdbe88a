// Package heartbeattest runs a cluster of two nodes of Linux-HA heartbeat 3 for
// tests, on one machine: each node has network, mount, host name and process
// namespaces of its own, so that it is an /etc/ha.d, a /run and a machine that
// dies whole.
//
//	nodea hb0 ──────── heartbeat's link ──────── hb0 nodeb     10.99.0.0/24
//	      up0 ── 198.18.80.0/30   198.18.80.4/30 ── up0
//	               └────── this machine ──────┘   HostAddr
//
// It needs root, and Debian's heartbeat, iproute2 and util-linux. No traffic
// leaves the machine.
package heartbeattest

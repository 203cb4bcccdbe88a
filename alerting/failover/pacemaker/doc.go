// Package pacemaker moves resources of a Pacemaker cluster by constraints, or
// puts a node into standby.
//
// Sources: crm_resource(8) (--move, --ban, --clear, --constraints), crm_standby(8),
// crm_mon(8) with --output-as=xml and its schema crm_mon.rng of Pacemaker 2.1,
// crm_error(8) (exit codes: 0 success, 102 not connected, 105 no such object,
// 124 timed out).
//
// The tools only write into the cluster's configuration; the cluster then moves
// what it finds right to move. So we look before (quorum, no maintenance, a node
// that can take over) and wait afterwards until crm_mon shows that it moved.
//
// Rights needed: root or a member of group haclient, on any node of the cluster.
package pacemaker

// Package lvs takes a dead real server out of a virtual service of Linux Virtual
// Server, and puts it back when it is well again, in ldirectord's manner: it gets
// weight 0 (quiescent: no new connection, those that are there may end), or is
// removed.
//
// It follows ipvsadm(8) 1.31. The table is read from `ipvsadm -Sn`, whose lines
// are the arguments that make the table again, and from `ipvsadm -Ln
// --thresholds`, since the former leaves the thresholds out. An edit sends a real
// server whole: whoever gives only the weight sets the forwarding to direct
// routing and the thresholds to none. So each edit repeats what was read.
//
// ipvsadm knows no condition, such as "only when the table is still so". The
// guard serialises actions on one service; after each change the table is read
// again, and a change that left too few is taken back.
//
// Rights needed: CAP_NET_ADMIN, so root; on the balancer itself, through its
// probe.
package lvs

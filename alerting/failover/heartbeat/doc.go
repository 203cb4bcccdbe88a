// Package heartbeat moves the resources of a Linux-HA heartbeat 3 cluster with
// haresources (no Pacemaker): hb_standby, hb_takeover, heartbeat -k.
//
// Sources: hb_standby(1), hb_takeover(1), cl_status(1), heartbeat(8), ha.cf(5)
// of heartbeat 3.0.6. Beyond them, seen with the real programs
// (testdata/heartbeat-3.0.6): hb_standby and hb_takeover only leave a request
// and exit with 0, also when it is declined or nobody reads it; cl_status
// rscstatus is "transition" while resources move; hb_standby hangs on its FIFO
// when heartbeat does not run.
//
// So we look before (heartbeat runs, the peer is active, the resources are where
// they must be) and wait afterwards until cl_status says that they have moved.
//
// Rights needed: root; hb_standby and hb_takeover also work for members of group
// haclient.
package heartbeat

// Package keepalived lowers the VRRP priority of this machine through a track
// file, so that another router takes the address; taken back, the priority rises
// again.
//
// Sources: keepalived.conf(5) of keepalived 2.2, "track_file": the number in the
// file times its weight is added to the priority; with weight 0 any number but 0
// is a failure. RFC 9568 (VRRP version 3), section 6: the router with the higher
// priority becomes the active one.
//
// The file is replaced in one step (rename(2)); keepalived watches its folder
// and takes the new number within a fraction of a second.
//
// Rights needed: to write into the file's folder. Not root.
package keepalived

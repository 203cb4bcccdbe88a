// Package control is the way of the operator's verbs to the running server:
// HTTP over DATA/control.sock. Who may speak is decided by the kernel's word
// about the peer (SO_PEERCRED of unix(7)): root, or the server's own user.
package control

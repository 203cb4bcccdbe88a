// Package testnginx gives tests a real nginx (Debian's) on a loopback port in a
// folder of its own, and beside it the servers that no one should run: silent,
// closing at once, a byte a second, endless, of the wrong protocol.
//
// Only tests use it. What it starts it ends, by process id.
package testnginx

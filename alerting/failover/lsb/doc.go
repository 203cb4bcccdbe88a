// Package lsb starts, stops or restarts a service by its init script.
//
// Source: Linux Standard Base Core Specification 5.0, section 22.2 "Init Script
// Actions": the exit codes of status (0 running, 1 and 2 dead with a file left
// behind, 3 not running, 4 unknown) and of the other actions (0 success, also
// when there was nothing to do; 1 error, 2 bad argument, 3 not implemented, 4 no
// rights, 5 not installed, 6 not configured, 7 not running).
//
// Debian's scripts exit with 0 when the program is not installed, and some when
// it could not be started; so the status is asked afterwards.
//
// Rights needed: those of the script, mostly root.
package lsb

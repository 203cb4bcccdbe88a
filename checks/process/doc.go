// Package process counts the processes of this machine that have a name, a
// command line, an owner or a state, and sums their memory and processor time.
//
// Sources: /proc/PID/stat, /proc/PID/cmdline and the owner of /proc/PID
// (Documentation/filesystems/proc.rst, sections 1.1; proc_pid_stat(5)).
//
// OK: within all limits. WARNING, CRITICAL: beyond one (threshold); fewer than
// minimum or more than maximum is CRITICAL. UNKNOWN: /proc cannot be read.
//
// The check is about the machine it runs on: let the host's probe run it. It
// needs no rights, except that a /proc mounted with hidepid shows only the
// processes of our own user.
package process

// Package health watches one node of a cluster from within, for heartbeat's
// `respawn`: it runs local checks, and when one has failed often enough in a
// row it runs the give-up command, once for the fault, and ends with the exit code
// that tells heartbeat not to start it again (100; heartbeat(8), ha.cf(5)).
//
// The parts: Config and Load read the file; tally counts the results of each
// check (pure); memory is the file that remembers a fault over a respawn;
// Watcher ties them together; reporter hands what happened to the probe's
// daemon (internal/handover).
//
// At most once: the fault is in the memory, synced, before the command is
// started, and its outcome afterwards. A memory without an outcome means that
// we were ended in between: the command is not repeated, and the report says
// that its outcome is unknown. The memory carries the kernel's boot id
// (/proc/sys/kernel/random/boot_id), so a reboot forgets; so does recovery.
//
// The command is started with the environment that heartbeat gave us (HA_*) and
// a fixed PATH, through internal/runner: no shell, a deadline, its process group
// killed, its output bounded.
package health

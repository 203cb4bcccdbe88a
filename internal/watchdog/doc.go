// Package watchdog keeps a watchdog device quiet only while this machine proves
// that it works: a program is started and ends well (fork and exec: memory,
// processes, the program's file), and a line is appended to a file and synced
// (the disk). Without the proof within its deadline the device is not written to,
// and resets the machine when its own time is over.
//
// Source: Documentation/watchdog/watchdog-api.rst of the Linux kernel. Any write
// restarts the device's clock; opening starts it. The magic character V as the last thing
// written before closing stops it, which is done on an orderly stop only, and
// only if the last proof held: otherwise the device stays open until the process
// ends, and the clock goes on.
//
// Rights: root, or write permission on the device.
package watchdog

// Package kmsg follows the kernel's log.
//
// Source: /dev/kmsg, Documentation/ABI/testing/dev-kmsg. Reading it needs root, or
// CAP_SYSLOG where kernel.dmesg_restrict is 1. Each record has a number that
// rises by one from the start of the machine; what the kernel has overwritten
// before we read it is counted by the numbers that are missing.
package kmsg

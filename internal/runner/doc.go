// Package runner is the only way in which this project starts a program: an
// argument vector (never a shell's string), a deadline, a process group that
// is gone at the end, bounded output, an environment from an allow-list.
package runner

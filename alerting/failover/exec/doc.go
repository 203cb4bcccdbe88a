// Package exec acts by a program of the operator's: an argument vector, never a
// shell's string.
//
// What is known of the request goes to the program as environment (MONITORD_*),
// or in place of a whole argument such as {{host}}. Such a value never becomes
// part of another word, and none that begins with '-' is passed: a name that
// somebody else chose cannot become an option.
//
// The program, its folders and the links on the way to it must belong to root or
// to the user of this process and be writable by nobody else (internal/trusted).
//
// Exit codes. Of command and undo: 0 is success, everything else is failure. Of
// status: 0 says that it is done, 1 and 3 that it is not (3 is what LSB init
// scripts say of a stopped service), everything else that nobody knows.
//
// Rights needed: those of the program. It runs as the user of this process.
package exec

package collectors

import "time"

// Line is one line of a log, whatever it came from.
type Line struct {
	// Source is the path of the file, or "journald" or "kernel".
	Source string
	// Offset and Next are where the line begins and where the one after it does:
	// bytes from the beginning of the file (of its decompressed content), or
	// sequence numbers of the kernel's ring. Both are 0 for journald. A source,
	// the number of its generation and an offset name a line for ever.
	Offset, Next int64
	// Text is valid UTF-8 without the end of the line and without NUL, which is
	// written as U+2400.
	Text string
	// Cut says that the line was longer than the limit and Text is its beginning.
	Cut bool
	// At is when we read it.
	At time.Time
	// Time is the source's own time; zero where it has none apart from the text.
	Time time.Time
	// Host, Program and PID are what journald says about the sender; empty and 0
	// where a source does not say.
	Host    string
	Program string
	PID     int
	// Severity is that of RFC 5424, 6.2.1: 0 (emergency) to 7 (debug); -1 is
	// unknown.
	Severity int
}

// NoSeverity is the Severity of a line whose source does not tell one.
const NoSeverity = -1

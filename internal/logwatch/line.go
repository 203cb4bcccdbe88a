package logwatch

import (
	"time"

	"monitord/checks/logs"
	"monitord/collectors"
)

// The sources of lines.
const (
	SourceFile     = "file"
	SourceJournald = "journald"
	SourceKernel   = "kernel"
	SourceSyslog   = "syslog"
)

// Line is one line of a log, whoever read it.
type Line struct {
	Host     string // whose log it is; "" is this machine
	Source   string // one of the sources
	File     string // path, when it came from a file
	Program  string // such as sshd; "" when only the text says it
	Severity logs.Severity
	Facility string    // of syslog, such as authpriv; "" when it is not known
	Text     string    // without its line break
	Time     time.Time // as written by its sender; zero when it is only in the text
	Received time.Time // when we got it; never zero
	Cut      bool      // it went on beyond the limit
	// Unauthenticated says that anybody in the network could have sent it: it
	// must never be the only premise of an action.
	Unauthenticated bool
}

// fromCollector is a line of one of this machine's own sources.
func fromCollector(source string, l *collectors.Line) Line {
	out := Line{Source: source, Program: l.Program, Text: l.Text, Time: l.Time, Received: l.At, Cut: l.Cut}
	if source == SourceFile {
		out.File = l.Source
	}
	if l.Severity != collectors.NoSeverity && source != SourceFile {
		out.Severity = logs.SyslogSeverity(l.Severity)
	}
	return out
}

// forRules is the line as rules read it.
func (l *Line) forRules(text []byte) logs.Line {
	return logs.Line{Source: l.Source, File: l.File, Host: l.Host, Program: l.Program, Severity: l.Severity, Facility: l.Facility, At: l.Time, Received: l.Received,
		Text: text, Cut: l.Cut, Unauthenticated: l.Unauthenticated}
}

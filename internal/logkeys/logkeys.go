// Package logkeys names the keys of log records, so that one thing has one name
// in every line.
package logkeys

// The keys. Add one here before it is used; do not write a key as a literal.
const (
	Component = "component"
	Host      = "host"
	Collector = "collector"
	Check     = "check"
	Service   = "service"
	Series    = "series"
	Rule      = "rule"
	Incident  = "incident"
	Contact   = "contact"
	Channel   = "channel"
	Attempt   = "attempt"
	State     = "state"
	PrevState = "prev_state"
	Path      = "path"
	Line      = "line"
	Bytes     = "bytes"
	Count     = "count"
	Dur       = "dur"
	Err       = "err"
	Addr      = "addr"
	URL       = "url"
	Reason    = "reason"
	Version   = "version"
	Signal    = "signal"
	Section   = "section"
	Fault     = "fault"
	Command   = "command"
	ExitCode  = "exit_code"
	Action    = "action"
	Request   = "request"
)

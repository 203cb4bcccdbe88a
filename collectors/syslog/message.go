package syslog

import (
	"strconv"
	"time"
)

// Message is what a sender wrote. A part that it left out is empty; nothing is
// made up for it.
type Message struct {
	// Facility is that of RFC 5424, 6.2.1, 0 to 23. Without a valid PRI it is user
	// (1), and the severity notice (5), as RFC 3164, 4.3.3 wants.
	Facility int
	// Severity is 0 (emergency) to 7 (debug).
	Severity int
	// HasPRI says that the two were written.
	HasPRI bool
	// Time is what the sender's clock said; zero where nothing was written or it
	// cannot be read. A year or zone that is missing was worked out.
	Time time.Time
	// ClockUnset says that the sender itself does not trust its clock: the * or .
	// of Cisco before the time.
	ClockUnset bool
	// Host, Program, PID and ID are HOSTNAME, APP-NAME or TAG, PROCID and MSGID.
	Host, Program, PID, ID string
	// Data is the structured data of RFC 5424; nil where there is none.
	Data []Element
	// Text is the message: any bytes, without a byte order mark, without the line
	// end.
	Text string
	// Understood is false for bytes that have neither a PRI nor a time.
	Understood bool
}

// Element is one SD-ELEMENT (RFC 5424, 6.3) with its parameters in the order
// written. A name may come more than once.
type Element struct {
	ID     string
	Params []Param
}

// Param is one SD-PARAM; Value is without escapes.
type Param struct{ Name, Value string }

// defaultPRI is user.notice (RFC 3164, 4.3.3).
const defaultPRI = 13

// maxPRI is local7.debug.
const maxPRI = 191

// facilityNames are the words of syslog.conf(5); 12 to 15 are those of RFC 5424,
// table 1, shortened.
var facilityNames = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// FacilityName is such as kern or local7.
func FacilityName(f int) string {
	if f < 0 || f >= len(facilityNames) {
		return strconv.Itoa(f)
	}
	return facilityNames[f]
}

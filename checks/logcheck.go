package checks

import "bytes"

// LogCheck is the check whose items are the services that rules for logs raise.
// The last line of their Evidence is the line that matched; those before it are
// what stood before it in its file.
const LogCheck = "log"

// LogEvidence cuts the evidence of a service of LogCheck: the line that matched,
// and its context, the oldest line first. ok is false for other services, and
// when there is none.
func LogEvidence(s Service, evidence []byte) (context [][]byte, line []byte, ok bool) {
	evidence = bytes.TrimRight(evidence, "\n")
	if s.Check != LogCheck || len(evidence) == 0 {
		return nil, nil, false
	}
	lines := bytes.Split(evidence, []byte("\n"))
	return lines[:len(lines)-1], lines[len(lines)-1], true
}

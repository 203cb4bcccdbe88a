package wire

import (
	"encoding/json"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// JobsParam is the parameter of the long poll by which a probe says that it
// takes jobs; its value lists the IDs of those that it has, with commas between.
const JobsParam = "jobs"

// MaxJobs bounds the jobs in one answer, and the IDs in one question.
const MaxJobs = 32

// Job asks a probe to carry out one of the actions that its own file names. It
// carries no arguments: the file, which is the owner's of the machine, has them.
type Job struct {
	ID       string         `json:"id"`   // of the request; the probe carries it out at most once
	Name     string         `json:"name"` // of the action in the probe's file
	Service  checks.Service `json:"service"`
	Address  string         `json:"address,omitempty"` // of the service's host
	State    checks.State   `json:"state"`
	Reason   checks.Reason  `json:"reason,omitempty"`
	Incident int64          `json:"incident,omitempty"`
	At       time.Time      `json:"at"` // when it was wanted, by the server's clock
	// Left is how long the job may still be begun and carried out, from the moment
	// at which the probe gets it: clocks need not agree.
	Left time.Duration `json:"left"`
	Undo bool          `json:"undo,omitempty"`
	By   string        `json:"by,omitempty"`
}

// ActionReport is how far a job has come on the probe.
type ActionReport struct {
	ID   string `json:"id"`
	Name string `json:"name"` // of the action in the probe's file
	// Progress is started, refused, dry-run, done, failed or unknown.
	Progress string          `json:"progress"`
	Text     text.Message    `json:"text"`
	Premises json.RawMessage `json:"premises,omitempty"` // a list of failover.Premise
	Outcome  json.RawMessage `json:"outcome,omitempty"`  // a failover.Outcome
	Error    string          `json:"error,omitempty"`
	Status   string          `json:"status,omitempty"` // unknown, done, undone
	Took     time.Duration   `json:"took,omitempty"`   // from start to end, verification included
}

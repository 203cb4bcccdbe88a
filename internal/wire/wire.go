package wire

import (
	"encoding/json"
	"time"

	"monitord/checks"
)

// The paths of the channel.
const (
	EnrollPath = "/api/monitord/probe/v1/enroll"
	WritePath  = "/api/v1/write"
	EventsPath = "/api/monitord/probe/v1/events"
	PollPath   = "/api/monitord/probe/v1/poll"
)

// ServerName is the DNS name in the server's certificate. A probe checks this
// name, whatever address it dials, under the CA whose fingerprint its token
// carried.
const ServerName = "monitord"

// SequenceMetric is the number of a collection: 1, 2, 3 … without a hole, over
// restarts of the probe. A hole in the stored series is a lost collection.
const SequenceMetric = "monitord_probe_collection_sequence"

// Enrolment asks for a client certificate.
type Enrolment struct {
	Token string `json:"token"` // one-time secret part of the token
	CSR   []byte `json:"csr"`   // PKCS #10, DER; its subject is ignored
}

// Enrolled is the answer: who the probe is from now on.
type Enrolled struct {
	Host        string `json:"host"`        // the host that the probe speaks for
	Certificate []byte `json:"certificate"` // X.509, DER
	CA          []byte `json:"ca"`          // X.509, DER
}

// EventBatch carries numbered events of one boot of one probe, oldest first.
type EventBatch struct {
	Boot   string  `json:"boot"` // boot id of the probe's event numbering, a UUID
	Events []Event `json:"events"`
}

// Event is one thing that happened on the probe's side.
type Event struct {
	Seq  uint64          `json:"seq"` // 1, 2, 3 … within the boot id
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"` // KindResult, KindSpoolDrop, …
	Host string          `json:"host"` // must be the certificate's host
	Data json.RawMessage `json:"data,omitempty"`
}

// Kinds of event.
const (
	KindResult = "result" // Data is a ResultData
	KindStart  = "start"  // the probe started; Data is a StartData
	KindDrop   = "drop"   // the spool dropped or set aside; Data is a DropData
	KindHealth = "health" // `probe health` of the same machine; Data is a HealthData
	KindAction = "action" // how far a job has come; Data is an ActionReport

	KindLogMatch   = "log-match"   // a line that a rule matched; Data is a logwatch.Match
	KindLogRefused = "log-refused" // logs that the probe does not follow; Data is a LogRefusedData
)

// LogCheck is the check whose items are the services of log rules. A probe tells
// of them as results of it.
const LogCheck = "log"

// ResultData is the outcome of a check that the probe ran.
type ResultData struct {
	Check   string          `json:"check"`
	Took    time.Duration   `json:"took"`
	Results []checks.Result `json:"results"`
	// Found is when that was found which is told again here, because the server may
	// have been away; zero for what is told for the first time.
	Found time.Time `json:"found,omitzero"`
}

// StartData tells about the probe itself.
type StartData struct {
	Version string `json:"version"`
}

// LogRefusedData tells what the probe was asked to follow and does not.
type LogRefusedData struct {
	Paths []string `json:"paths,omitempty"` // that its own file does not allow
	Allow []string `json:"allow,omitempty"` // what its file allows
	File  string   `json:"file,omitempty"`  // that says so
	// Detail is why, when it is not the file: the machine has no such log, or,
	// without Paths, the probe cannot read the rules and follows nothing.
	Detail string `json:"detail,omitempty"`
}

// DropData counts what the spool gave up since the last such event.
type DropData struct {
	Reason  string `json:"reason"` // full, old, refused, damaged
	Records int    `json:"records"`
	Samples int    `json:"samples"`
}

// EventAck is the answer: everything up to Seq of that boot is durable.
type EventAck struct {
	Boot string `json:"boot"`
	Seq  uint64 `json:"seq"`
}

// Assignment is what the server wants of a probe. The probe keeps the last good
// one on disk and goes on with it while the server is away.
type Assignment struct {
	Revision string          `json:"revision"` // opaque; sent back as have=
	Interval time.Duration   `json:"interval"` // between collections
	Checks   []AssignedCheck `json:"checks"`   // checks that this probe runs
	// Logs is what it follows and looks for: a hostlogs.Config as YAML-in-JSON;
	// empty: nothing.
	Logs json.RawMessage `json:"logs,omitempty"`
	// Jobs are actions to carry out now. They come with the revision that the
	// probe has when nothing else is new, and are no part of what it keeps.
	Jobs []Job `json:"jobs,omitempty"`
}

// AssignedCheck is one check that the probe runs for its host.
type AssignedCheck struct {
	Name          string          `json:"name"`
	Type          string          `json:"type"`
	Interval      time.Duration   `json:"interval"`
	RetryInterval time.Duration   `json:"retry_interval"`
	Timeout       time.Duration   `json:"timeout"`
	MaxAttempts   int             `json:"max_attempts"` // results in a row that make a problem hard; until then RetryInterval counts
	Address       string          `json:"address"`
	Config        json.RawMessage `json:"config"` // as YAML-in-JSON, decoded by the type's own rules
}

// TimeHeader carries the probe's clock at the moment of sending, RFC 3339 with
// nanoseconds, so that the server can measure how far it is off.
const TimeHeader = "Monitord-Time"

// AgentPrefix starts the probe's User-Agent; its version follows.
const AgentPrefix = "monitord-probe/"

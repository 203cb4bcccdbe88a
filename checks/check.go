package checks

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"monitord/collectors/snmp/mib"
	"monitord/internal/icmp"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Check asks one question. A Check is built once per configured check and may
// be run for several targets at the same time; it keeps no state between runs.
type Check interface {
	// Run asks, and returns one Result per item, in a stable order. It returns
	// when ctx ends at the latest; ctx carries the check's timeout. A service
	// that is down is a Result, not an error: an error says that we could not
	// ask (no permission, bad reply from our own store), and becomes UNKNOWN.
	Run(ctx context.Context, target Target) ([]Result, error)
}

// Target is what one run is about.
type Target struct {
	Host    string            // the host's name in the inventory; never empty
	Address string            // IP address or DNS name, without a port
	Vars    map[string]string // the host's variables; may be nil, not to be changed
	// Previous is the last known state per item (UNKNOWN is no knowledge), for
	// recovery thresholds; nil when nothing is known. The scheduler fills it.
	Previous map[string]State
	// Series takes what the run reads besides its results; nil: nobody keeps it.
	// The scheduler fills it.
	Series Series
}

// Series takes the samples of one run. All of them get the moment at which the
// run began and the labels of its host; a check adds neither. It is for one
// goroutine.
type Series interface {
	// Add takes one sample. name is the metric's name as its exporter has it; labels
	// alternate name and value, sorted by name. The slice may be used again after
	// the call. Values are raw: counters are not turned into rates.
	Add(name string, value float64, labels ...string)
}

// Service is what has a state: host/check, or host/check[item].
type Service struct {
	Host  string `json:"host"`
	Check string `json:"check"`
	Item  string `json:"item,omitempty"` // empty when the check has one result
}

// String is the service's name as people write it: web1/filesystem[/var].
func (s Service) String() string {
	if s.Item == "" {
		return s.Host + "/" + s.Check
	}
	return s.Host + "/" + s.Check + "[" + s.Item + "]"
}

// ParseService reads host/check or host/check[item], as String writes it.
func ParseService(name string) (Service, error) {
	host, rest, ok := strings.Cut(name, "/")
	if !ok || host == "" || rest == "" {
		return Service{}, fmt.Errorf("service %q: want host/check or host/check[item], such as web1/filesystem[/var]", name)
	}
	check, item, hasItem := strings.Cut(rest, "[")
	if !hasItem {
		return Service{Host: host, Check: check}, nil
	}
	if check == "" || item == "]" || !strings.HasSuffix(item, "]") {
		return Service{}, fmt.Errorf("service %q: want host/check[item], such as web1/filesystem[/var]", name)
	}
	return Service{Host: host, Check: check, Item: strings.TrimSuffix(item, "]")}, nil
}

// Result is what one run found about one item.
type Result struct {
	Item     string       `json:"item,omitempty"` // empty when the check has one result
	State    State        `json:"state"`
	Reason   Reason       `json:"reason,omitempty"`
	Summary  text.Message `json:"summary"`            // one sentence for people, in any language
	Perf     []Perf       `json:"perf,omitempty"`     // measured values, in a stable order
	Phases   []Phase      `json:"phases,omitempty"`   // in the order in which they ran
	Evidence []byte       `json:"evidence,omitempty"` // what the peer said, at most EvidenceLimit bytes; only when not OK
	// Notes are things that happened since the run before and deserve a line in the
	// journal whatever the state is: an agent that restarted.
	Notes []text.Message `json:"notes,omitempty"`
}

// EvidenceLimit bounds Result.Evidence, in bytes.
const EvidenceLimit = 4096

// Phase is one step of a run and how long it took: dns, connect, tls, request,
// first-byte, body, … The last phase of a run that timed out is the one that hung.
type Phase struct {
	Name string        `json:"name"`
	Took time.Duration `json:"took"`
}

// Perf is one measured value of a result, in base units: it becomes the series
// monitord_check_value{host,check,item,label,unit}, unless it is Derived.
type Perf struct {
	Label string  `json:"label"`          // as in Nagios' perfdata: no '=' and no quote
	Value float64 `json:"value"`          // in Unit
	Unit  Unit    `json:"unit,omitempty"` // base unit
	UOM   string  `json:"uom,omitempty"`  // the unit before conversion, such as ms, where somebody else measured
	Warn  *Range  `json:"warn,omitempty"` // nil when there is none
	Crit  *Range  `json:"crit,omitempty"`
	Min   float64 `json:"min,omitempty"` // meaningful only where the unit has one
	// Derived says that the value can be worked out of the run's Series, as a rate out
	// of its counter: it is shown and handed to plug-ins, and has no series of its own,
	// which would be kept twice for each of thousands of rows.
	Derived bool `json:"derived,omitempty"`
}

// Unit is a base unit of a measured value.
type Unit string

// The base units. UnitNone is a plain number.
const (
	UnitNone    Unit = ""
	UnitSeconds Unit = "seconds"
	UnitBytes   Unit = "bytes"
	UnitRatio   Unit = "ratio" // 0 to 1
	UnitCount   Unit = "total" // a counter
)

// Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver resolves names; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Query asks the store one PromQL expression at one instant. It is filled by
// the server's wiring and nil on a probe.
type Query func(ctx context.Context, expr string, at time.Time) ([]Point, error)

// Point is one element of an instant vector.
type Point struct {
	Labels map[string]string // not to be changed by the caller
	At     time.Time
	Value  float64
}

// Plugins starts Nagios plugins, from folders that the operator allows and at
// most so many at a time; *plugins.Pool is one.
type Plugins interface {
	// User is the value of $USERn$; ok is false when there is none.
	User(name string) (value string, ok bool, err error)
	// Find is the path of a plugin by its name or path, if it may be run.
	Find(name string) (path string, err error)
	// Run waits for a free place and runs the program.
	Run(ctx context.Context, c runner.Command) (runner.Result, error)
}

// Deps is what a check may use of the world. Every field has a usable value
// except Query and LastSeen (nil on a probe) and those that say otherwise.
type Deps struct {
	Logger   *slog.Logger
	Now      func() time.Time
	Dialer   Dialer
	Resolver Resolver
	Query    Query
	// LastSeen says when a host's probe last spoke to us, and whether it ever did.
	LastSeen func(host string) (time.Time, bool)
	// Pinger sends ICMP echo requests; nil opens a socket for each series.
	Pinger icmp.Pinger
	// Names knows the names of SNMP objects; it is slow when it is called first. nil
	// knows those of the standard modules.
	Names func() (*mib.Names, error)
	// Plugins starts Nagios plugins; nil allows none.
	Plugins Plugins
}

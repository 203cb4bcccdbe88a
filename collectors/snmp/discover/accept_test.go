//go:build accept

package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"monitord/collectors/snmp"
	"monitord/internal/accept"
	"monitord/internal/testserver/testproc"
)

// expected is what LibreNMS derived from a recording; of its many tables those
// that discovery is about.
type expected struct {
	Ports      phases[struct{ Ports []port }]              `json:"ports"`
	Storage    phases[struct{ Storage []storageRow }]      `json:"storage"`
	Mempools   phases[struct{ Mempools []mempoolRow }]     `json:"mempools"`
	Processors phases[struct{ Processors []processorRow }] `json:"processors"`
	Sensors    phases[struct{ Sensors []sensorRow }]       `json:"sensors"`
	Supplies   phases[struct {
		Rows []supplyRow `json:"printer_supplies"`
	}] `json:"printer-supplies"`
}

// phases are the two looks that LibreNMS takes; the poller's may be "matches
// discovery".
type phases[T any] struct {
	Discovery T
	Poller    json.RawMessage
}

// last is the poller's rows, which come later, else those of the discovery.
func (p phases[T]) last() (rows T) {
	if err := json.Unmarshal(p.Poller, &rows); err != nil {
		return p.Discovery
	}
	return rows
}

type port struct {
	Index uint32   `json:"ifIndex"`
	Name  string   `json:"ifName"`
	Descr string   `json:"ifDescr"`
	Speed *float64 `json:"ifSpeed"`
	Oper  *string  `json:"ifOperStatus"`
	Admin *string  `json:"ifAdminStatus"`
}

type storageRow struct {
	Type  string  `json:"type"`
	Index string  `json:"storage_index"`
	Descr string  `json:"storage_descr"`
	Size  float64 `json:"storage_size"`
	Used  float64 `json:"storage_used"`
}

type mempoolRow struct {
	Type  string  `json:"mempool_type"`
	Index string  `json:"mempool_index"`
	Descr string  `json:"mempool_descr"`
	Total float64 `json:"mempool_total"`
	Used  float64 `json:"mempool_used"`
}

type processorRow struct {
	OID   string  `json:"processor_oid"`
	Type  string  `json:"processor_type"`
	Index string  `json:"processor_index"`
	Descr string  `json:"processor_descr"`
	Usage float64 `json:"processor_usage"`
}

type sensorRow struct {
	OID   string   `json:"sensor_oid"`
	Class string   `json:"sensor_class"`
	Type  string   `json:"sensor_type"`
	Descr string   `json:"sensor_descr"`
	Value *float64 `json:"sensor_current"`
}

type supplyRow struct {
	OID      string  `json:"supply_oid"`
	Descr    string  `json:"supply_descr"`
	Capacity float64 `json:"supply_capacity"`
	Percent  float64 `json:"supply_current"`
}

// TestAcceptLibrenms discovers each recorded agent and compares with the rows of
// LibreNMS.
func TestAcceptLibrenms(t *testing.T) {
	dir, err := accept.Data("snmp")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	recordings, err := filepath.Glob(filepath.Join(dir, "snmprec", "*.snmprec"))
	if err != nil || len(recordings) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	replay := buildReplayer(t, filepath.Join(dir, "..", "..", "tools", "snmpreplay"))
	listed, err := accept.ReadListed("testdata/librenms.listed") // WHAT/AGENT/NAME, such as sensor/*/cRF*
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{Count: &accept.Count{Set: "librenms", W: os.Stdout}, listed: listed}
	for _, file := range recordings {
		c.name = strings.TrimSuffix(filepath.Base(file), ".snmprec")
		var want expected
		raw, err := os.ReadFile(filepath.Join(dir, "librenms-expected", c.name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		// Most files have tables of other shapes under the same names, such as [].
		if err := json.Unmarshal(raw, &want); err != nil {
			if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		c.compare(want, readRecording(t, replay, file))
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed < 30*len(recordings) {
		t.Error(c.Line())
	}
}

// buildReplayer builds the shared replayer, which has a module of its own.
func buildReplayer(t *testing.T, source string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "snmpreplay")
	testproc.Run(t, testproc.Command{Path: "go", Args: []string{"build", "-buildvcs=false", "-o", bin, "."}, Dir: source, Env: []string{"GOFLAGS=-mod=mod", "CGO_ENABLED=0"}, Apt: "golang"})
	return bin
}

// readRecording serves a recording and discovers it.
func readRecording(t *testing.T, replay, file string) *Device {
	t.Helper()
	number := testproc.FreePort(t)
	peer := net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
	p := testproc.Start(t, testproc.Command{Path: replay, Args: []string{"-file", file, "-listen", peer}})
	defer p.Stop()
	p.WaitFor(func() error {
		if !strings.Contains(p.Output(), peer) {
			return errors.New("it does not listen yet")
		}
		return nil
	})
	agent := snmp.DefaultDevice()
	agent.Address, agent.Port, agent.Credentials.Community = "127.0.0.1", number, "public"
	s, err := snmp.Open(t.Context(), agent)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := Read(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d requests, %d varbinds", file, s.Stats().Requests, s.Stats().Varbinds)
	for _, g := range d.Gaps {
		t.Errorf("%s: %s: %v", file, g.What, g.Err)
	}
	return d
}

// comparison compares agent after agent.
type comparison struct {
	*accept.Count
	listed []accept.Listed
	name   string
}

// differs counts a difference, as listed where the list explains it. what is such
// as sensor/temperature.
func (c *comparison) differs(what, key, format string, args ...any) {
	subject := what + "/" + c.name + "/" + strings.ReplaceAll(key, "/", "_")
	for _, l := range c.listed {
		if l.Matches(subject) {
			c.List()
			return
		}
	}
	c.Fail("%s: %s", subject, fmt.Sprintf(format, args...))
}

// same counts one value.
func (c *comparison) same(what, key string, got, want any) {
	if got == want {
		c.Pass()
		return
	}
	c.differs(what, key, "got %v, want %v", got, want)
}

// near counts one number: LibreNMS keeps as few as two digits behind the point.
func (c *comparison) near(what, key string, got, want float64) {
	if math.Abs(got-want) <= 0.005+1e-9*math.Abs(want) {
		c.Pass()
		return
	}
	c.differs(what, key, "got %v, want %v", got, want)
}

func (c *comparison) compare(want expected, d *Device) {
	c.ports(want.Ports.last().Ports, d)
	c.storage(want.Storage.last().Storage, d)
	c.memory(want.Mempools.last().Mempools, d)
	c.processors(want.Processors.last().Processors, d)
	c.sensors(want.Sensors.last().Sensors, d)
	c.supplies(want.Supplies.last().Rows, d)
}

var statusNames = [...]string{1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}

func (c *comparison) ports(rows []port, d *Device) {
	have := map[uint32]Interface{}
	for _, i := range d.Interfaces {
		have[i.Index] = i
	}
	for _, p := range rows {
		i, ok := have[p.Index]
		if !ok {
			c.differs("port", p.Name, "there is none")
			continue
		}
		c.same("port.name", p.Name, i.Name, p.Name)
		c.same("port.descr", p.Name, Line(i.Descr), Line(p.Descr))
		speed := 0.0
		if p.Speed != nil {
			speed = *p.Speed
		}
		c.same("port.speed", p.Name, i.Speed, speed)
		for _, s := range []struct {
			what string
			got  int
			want *string
		}{{"port.oper", i.Oper, p.Oper}, {"port.admin", i.Admin, p.Admin}} {
			if s.want != nil && s.got >= 0 && s.got < len(statusNames) {
				c.same(s.what, p.Name, statusNames[s.got], *s.want)
			}
		}
	}
}

func (c *comparison) storage(rows []storageRow, d *Device) {
	for _, want := range rows {
		c.size("storage", want.Type, want.Index, want.Descr, want.Size, want.Used, d)
	}
}

func (c *comparison) memory(rows []mempoolRow, d *Device) {
	for _, want := range rows {
		c.size("memory", want.Type, want.Index, want.Descr, want.Total, want.Used, d)
	}
}

// pools are LibreNMS's names for the tables of memory.
var poolTypes = map[string]string{
	"junos": "JUNIPER-MIB", "hpGlobal": "NETSWITCH-MIB hpGlobalMem", "hpLocal": "NETSWITCH-MIB hpLocalMem", "cmp": "CISCO-MEMORY-POOL-MIB",
	"cemp": "CISCO-ENHANCED-MEMPOOL-MIB", "cpm": "CISCO-PROCESS-MIB",
}

func (c *comparison) size(what, kind, index, descr string, size, used float64, d *Device) {
	var gotSize, gotUsed float64
	found := false
	if kind == "hrstorage" {
		for _, s := range d.Storage {
			if s.Index == index {
				gotSize, gotUsed, found = s.Size, s.Used, true
			}
		}
	}
	for _, m := range d.Memory {
		if m.Source == poolTypes[kind] && m.Index == index {
			gotSize, gotUsed, found = m.Size, math.Round(m.Used), true
		}
	}
	if !found {
		c.differs(what, kind+" "+descr, "there is none")
		return
	}
	c.same(what+".size", descr, gotSize, size)
	c.same(what+".used", descr, gotUsed, used)
}

func (c *comparison) processors(rows []processorRow, d *Device) {
	have := map[string]Processor{}
	for _, p := range d.Processors {
		have[p.OID.String()] = p
	}
	for _, want := range rows {
		if p, ok := have[want.OID]; ok {
			c.near("processor", want.Descr, p.Load*100, want.Usage)
		} else {
			c.differs("processor", want.Type+" "+want.Descr, "there is none at %s", want.OID)
		}
	}
}

// shown is a sensor's value in LibreNMS's unit.
func shown(s Sensor, class string) float64 {
	switch class {
	case "charge", "load", "percent", "humidity":
		return s.Value * 100
	case "runtime":
		return s.Value / 60
	}
	return s.Value
}

func (c *comparison) sensors(rows []sensorRow, d *Device) {
	have := map[string]Sensor{}
	for _, s := range d.Sensors {
		have[s.OID.String()] = s
		if s.StatusOID != "" {
			have[s.StatusOID.String()] = Sensor{Kind: State, Value: float64(s.Status)}
		}
	}
	for _, want := range rows {
		what := "sensor." + want.Class
		s, ok := have[want.OID]
		switch {
		case !ok:
			c.differs(what, want.Type+" "+want.Descr, "there is none at %s", want.OID)
		case want.Value == nil:
			c.differs(what, want.Type+" "+want.Descr, "%s has no value there", want.OID)
		case s.Text != "" && s.Value == 0:
			c.differs(what, want.Type+" "+want.Descr, "%q is no number", s.Text)
		default:
			c.near(what, want.Type+" "+want.Descr, shown(s, want.Class), *want.Value)
		}
	}
}

func (c *comparison) supplies(rows []supplyRow, d *Device) {
	have := map[string]Supply{}
	for _, s := range d.Supplies {
		have[s.OID.String()] = s
	}
	for _, want := range rows {
		s, ok := have[want.OID]
		switch {
		case !ok:
			c.differs("supply", want.Descr, "there is none at %s", want.OID)
		case s.Level < 0:
			c.differs("supply.untold", want.Descr, "level is %v, want %v %%", s.Level, want.Percent)
		default:
			c.same("supply.name", want.Descr, s.Name, want.Descr)
			c.same("supply.capacity", want.Descr, s.Capacity, want.Capacity)
			c.near("supply.level", want.Descr, math.Round(100*s.Level/s.Capacity), want.Percent)
		}
	}
}

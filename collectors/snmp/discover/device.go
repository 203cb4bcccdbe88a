package discover

import (
	"time"

	"monitord/collectors/snmp"
)

// Class is what kind of device it is; templates go by it.
type Class string

// The classes. Unknown devices are watched by what they have.
const (
	Switch     Class = "switch"
	Router     Class = "router"
	Firewall   Class = "firewall"
	Linux      Class = "linux"
	Hypervisor Class = "hypervisor"
	UPS        Class = "ups"
	PDU        Class = "pdu"
	Printer    Class = "printer"
	Unknown    Class = "unknown"
)

// Device is what an agent says of itself. Texts are the agent's own octets: see
// Line before they are shown.
type Device struct {
	SysObjectID snmp.OID
	SysDescr    string
	SysName     string
	SysLocation string
	Up          time.Duration // sysUpTime
	Class       Class

	Interfaces []Interface
	Storage    []Storage
	Memory     []Memory
	Processors []Processor
	Sensors    []Sensor
	Supplies   []Supply
	UCD        UCD
	// HasUPS says that there is a UPS behind the agent, by the standard's tree or
	// by one of a vendor.
	HasUPS bool
	// Gaps are what could not be read although the agent answers.
	Gaps []Gap
}

// Gap is a part that could not be read.
type Gap struct {
	What string // a column's OID
	Err  error
}

// Interface is a row of ifTable with what ifXTable adds to it.
type Interface struct {
	Index uint32
	Name  string // ifName, else ifDescr
	Descr string // ifDescr, else ifName
	Alias string // ifAlias
	Type  int    // ifType, by its number (IANAifType-MIB)
	Speed float64
	Admin int // ifAdminStatus: 1 up, 2 down, 3 testing; 0 not told
	Oper  int // ifOperStatus: 1 up, 2 down … 7 lowerLayerDown; 0 not told
	// Item is the name by which checks of interfaces know it: Name in one line,
	// with the index behind it where several share it.
	Item string
}

// Types and states of interfaces that matter here (IANAifType-MIB, RFC 2863).
const (
	TypeOther    = 1
	TypeEthernet = 6
	TypeLoopback = 24
	TypeVirtual  = 53
	TypeVLAN     = 135

	StatusUp         = 1
	StatusDown       = 2
	StatusUnknown    = 4
	StatusNotPresent = 6
	StatusLowerDown  = 7
)

// Storage is a row of hrStorageTable. Sizes are bytes.
type Storage struct {
	Index string
	Name  string // hrStorageDescr
	Type  StorageType
	Unit  float64 // hrStorageAllocationUnits
	Size  float64
	Used  float64
}

// StorageType is what hrStorageType says, by the last number of its OID.
type StorageType int

// The types of RFC 2790 that matter here.
const (
	StorageRAM      StorageType = 2
	StorageVirtual  StorageType = 3
	StorageFixed    StorageType = 4
	StorageRAMDisk  StorageType = 8
	StorageFlash    StorageType = 9
	StorageNetworks StorageType = 10
)

// Disk says that files lie there.
func (t StorageType) Disk() bool {
	return t == StorageFixed || t == StorageRAMDisk || t == StorageFlash || t == StorageNetworks
}

// Memory is a pool of memory of a vendor's table or of UCD-SNMP-MIB. Sizes are
// bytes.
type Memory struct {
	Source string // the module, such as CISCO-MEMORY-POOL-MIB
	Index  string
	Name   string
	Size   float64
	Used   float64
}

// Processor is a processor, or a module that has one.
type Processor struct {
	Object string   // such as hrProcessorLoad
	OID    snmp.OID // of the load
	Index  string
	Name   string
	Load   float64 // 0 to 1; a mean over the time that the object's MIB names
}

// Kind is what a sensor measures, and so its unit.
type Kind string

// The kinds of sensor, with their unit.
const (
	Temperature Kind = "temperature" // °C
	Voltage     Kind = "voltage"     // V
	Current     Kind = "current"     // A
	Power       Kind = "power"       // W
	Apparent    Kind = "apparent"    // VA
	Frequency   Kind = "frequency"   // Hz
	Humidity    Kind = "humidity"    // ratio
	Charge      Kind = "charge"      // ratio, of a battery
	Load        Kind = "load"        // ratio, of what a device can give
	Share       Kind = "share"       // any other ratio
	Runtime     Kind = "runtime"     // seconds that a battery will last
	FanSpeed    Kind = "fanspeed"    // turns a minute
	Airflow     Kind = "airflow"     // cubic metres a minute
	Signal      Kind = "signal"      // dBm
	Truth       Kind = "truth"       // 1 true, 2 false
	Count       Kind = "count"
	State       Kind = "state" // a number of the object's enumeration
)

// Sensor is one value that a device measures about itself, or the state of one
// of its parts.
type Sensor struct {
	Module string   // such as PowerNet-MIB
	Object string   // such as upsHighPrecBatteryTemperature
	OID    snmp.OID // of the value
	Name   string   // for people
	Kind   Kind
	Value  float64 // in the kind's unit
	Scale  float64 // what the agent's number is multiplied by,
	Offset float64 // after this was taken off
	Text   string  // of State: the enumeration's word, where it is known
	Good   []int   // of State: the numbers that mean that all is well; may be empty
	// GoodWords are the words of Good, where they are known.
	GoodWords []string
	Absent    bool // of State: it says that nothing is there, or that it does not know
	// Status is the sensor's own health where its table has a column for it
	// (entPhySensorOperStatus: 1 ok, 2 unavailable, 3 nonoperational); 0: none.
	Status    int
	StatusOID snmp.OID
}

// Supply is what a printer uses up, or a tray of paper.
type Supply struct {
	OID      snmp.OID // of the level
	Name     string
	Tray     bool
	Capacity float64 // in the printer's unit; negative: not told
	Level    float64 // -1 other, -2 unknown, -3 some remains (RFC 3805)
}

// UCD is what snmpd watches because its configuration says so.
type UCD struct {
	Processes []string // prNames
	Disks     []string // dskPath
	Loads     bool     // laTable has limits
}

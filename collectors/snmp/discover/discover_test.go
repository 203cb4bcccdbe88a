package discover

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/goleak"

	"monitord/collectors/snmp"
	"monitord/internal/testserver/snmpagent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func text(oid, s string) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.OctetString, Value: []byte(s)}
}

func number(oid string, n int) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.Integer, Value: n}
}

func gauge(oid string, n uint) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.Gauge32, Value: n}
}

// system is the system group of a device that nobody knows.
func system(objectID, descr, name string) []gosnmp.SnmpPDU {
	return []gosnmp.SnmpPDU{
		text(".1.3.6.1.2.1.1.1.0", descr), {Name: ".1.3.6.1.2.1.1.2.0", Type: gosnmp.ObjectIdentifier, Value: objectID},
		{Name: ".1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: uint32(12345)}, text(".1.3.6.1.2.1.1.5.0", name),
	}
}

const (
	ifEntry  = ".1.3.6.1.2.1.2.2.1."
	ifXEntry = ".1.3.6.1.2.1.31.1.1.1."
)

// plainInterfaces are two rows of ifTable.
func plainInterfaces() []gosnmp.SnmpPDU {
	return []gosnmp.SnmpPDU{
		text(ifEntry+"2.1", "eth\n0"), text(ifEntry+"2.2", "lo"), number(ifEntry+"3.1", 6), number(ifEntry+"3.2", 24),
		gauge(ifEntry+"5.1", 100_000_000), gauge(ifEntry+"5.2", 0), number(ifEntry+"7.1", 1), number(ifEntry+"8.1", 2), number(ifEntry+"8.2", 1),
	}
}

func device(port int, version snmp.Version) snmp.Device {
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Timeout, d.Retries = "127.0.0.1", port, 200*time.Millisecond, 0
	d.Credentials = snmp.Credentials{Version: version, Community: "public"}
	return d
}

// read discovers an agent that has the objects.
func read(t *testing.T, version snmp.Version, change func(*snmpagent.Reply), objects ...[]gosnmp.SnmpPDU) *Device {
	t.Helper()
	a := snmpagent.New(t, slices.Concat(objects...), change)
	s, err := snmp.Open(t.Context(), device(a.Port, version))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := Read(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnUnknownDeviceStillHasItsInterfaces(t *testing.T) {
	t.Parallel()
	for _, version := range []snmp.Version{snmp.V1, snmp.V2c} {
		d := read(t, version, nil, system(".1.3.6.1.4.1.99999.1", "Box", "box\x1b[2J"), plainInterfaces())
		if d.Class != Unknown || d.Up != 123450*time.Millisecond || len(d.Gaps) > 0 || len(d.Interfaces) != 2 {
			t.Fatalf("version %s: %+v", version, d)
		}
		i := d.Interfaces[0]
		if i.Name != "eth\n0" || i.Item != "eth 0" || i.Speed != 1e8 || i.Admin != StatusUp || i.Oper != StatusDown || i.Type != TypeEthernet {
			t.Errorf("version %s: %+v", version, i)
		}
	}
}

func TestNamesOfIfXTableComeFirstAndSharedOnesAreToldApart(t *testing.T) {
	t.Parallel()
	d := read(t, snmp.V2c, nil, system(".1.3.6.1.4.1.9.1.1", "x", ""), plainInterfaces(), []gosnmp.SnmpPDU{
		text(ifXEntry+"1.1", "Gi1"), text(ifXEntry+"1.2", "Gi1"), gauge(ifXEntry+"15.1", 10_000), text(ifXEntry+"18.1", "to: \"rack\" #2"),
	})
	if a, b := d.Interfaces[0], d.Interfaces[1]; a.Item != "Gi1 #1" || b.Item != "Gi1 #2" || a.Speed != 1e10 || a.Descr != "eth\n0" || a.Alias != `to: "rack" #2` {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestABrokenTableIsAGapAndTheRestIsThere(t *testing.T) {
	t.Parallel()
	broken := func(r *snmpagent.Reply) { // hrStorageDescr never ends
		for i, v := range r.Packet.Variables {
			if strings.HasPrefix(v.Name, ".1.3.6.1.2.1.25.2.3.1.3.") {
				r.Packet.Variables[i].Name = ".1.3.6.1.2.1.25.2.3.1.3.1"
			}
		}
	}
	d := read(t, snmp.V2c, broken, system(".1.3.6.1.4.1.99999.1", "x", ""), plainInterfaces(), []gosnmp.SnmpPDU{
		text(".1.3.6.1.2.1.25.2.3.1.3.1", "/"), text(".1.3.6.1.2.1.25.2.3.1.3.2", "/var"), number(".1.3.6.1.2.1.25.2.3.1.4.1", 4096),
		number(".1.3.6.1.2.1.25.2.3.1.5.1", -2147483648), number(".1.3.6.1.2.1.25.2.3.1.6.1", 10), number(".1.3.6.1.2.1.25.3.3.1.2.1", 17),
	})
	if len(d.Gaps) != 1 || !errors.Is(d.Gaps[0].Err, snmp.ErrNotIncreasing) || d.Gaps[0].What != ".1.3.6.1.2.1.25.2.3.1.3" {
		t.Errorf("gaps %+v", d.Gaps)
	}
	if len(d.Interfaces) != 2 || len(d.Storage) != 1 || d.Storage[0].Size != 4096*2147483648 || len(d.Processors) != 1 || d.Processors[0].Load != 0.17 {
		t.Errorf("%+v", d)
	}
}

func TestAnAgentThatFallsSilentCostsTwoSilences(t *testing.T) {
	t.Parallel()
	a := snmpagent.New(t, slices.Concat(system(".1.3.6.1.4.1.99999.1", "x", ""), plainInterfaces()), func(r *snmpagent.Reply) {
		if r.N > 1 {
			r.Packet = nil
		}
	})
	s, err := snmp.Open(t.Context(), device(a.Port, snmp.V2c))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := Read(t.Context(), s)
	if err != nil || len(d.Gaps) != givenUp || a.Asked() != 1+givenUp {
		t.Errorf("%+v, %v, asked %d times", d, err, a.Asked())
	}
}

func TestSensorsAreInBaseUnitsByTheirTables(t *testing.T) {
	t.Parallel()
	const entry = ".1.3.6.1.2.1.99.1.1.1."
	d := read(t, snmp.V2c, nil, system(".1.3.6.1.4.1.318.1.3.27", "x", ""), []gosnmp.SnmpPDU{
		// 3.3088 V in hundredths of millivolts; 45.5 % of humidity; a type that is none.
		number(entry+"1.1", 4), number(entry+"2.1", 8), number(entry+"3.1", 1), number(entry+"4.1", 33088), number(entry+"5.1", 1),
		number(entry+"1.2", 9), number(entry+"2.2", 9), number(entry+"3.2", 1), number(entry+"4.2", 455), number(entry+"5.2", 1),
		number(entry+"1.3", 2), number(entry+"4.3", 1), text(".1.3.6.1.2.1.47.1.1.1.1.7.1", "supply"),
		number(".1.3.6.1.4.1.318.1.1.1.2.2.2.0", 23), gauge(".1.3.6.1.4.1.318.1.1.1.2.3.2.0", 234),
		{Name: ".1.3.6.1.4.1.318.1.1.1.2.2.3.0", Type: gosnmp.TimeTicks, Value: uint32(360000)}, number(".1.3.6.1.4.1.318.1.1.1.4.1.1.0", 3),
		gauge(".1.3.6.1.4.1.3808.1.1.4.2.1.0", 683),
	})
	got := map[string]Sensor{}
	for _, s := range d.Sensors {
		got[s.Object+"/"+s.Name] = s
	}
	for name, want := range map[string]float64{
		"entPhySensorValue/supply": 3.3088, "entPhySensorValue/humidity 2": 0.455, "upsHighPrecBatteryTemperature/battery": 23.4,
		"upsAdvBatteryRunTimeRemaining/time left on battery": 3600, "upsBasicOutputStatus/output": 3, "envirTemperature/environment": 20.17,
	} {
		if s, ok := got[name]; !ok || s.Value < want-0.005 || s.Value > want+0.005 {
			t.Errorf("%s: %+v, want %v; have %v", name, s, want, got)
		}
	}
	if len(d.Sensors) != 6 || d.Class != UPS || got["upsBasicOutputStatus/output"].Text != "onBattery" {
		t.Errorf("%s with %d sensors: %v", d.Class, len(d.Sensors), got)
	}
}

func TestTheClassComesFromWhatIsThere(t *testing.T) {
	t.Parallel()
	ports := func(n int) (list []gosnmp.SnmpPDU) {
		for i := range n {
			list = append(list, number(ifEntry+"3."+itoa(uint32(i+1)), TypeEthernet), number(ifEntry+"8."+itoa(uint32(i+1)), 1))
		}
		return list
	}
	for _, c := range []struct {
		object, descr string
		objects       []gosnmp.SnmpPDU
		want          Class
	}{
		{".1.3.6.1.4.1.8072.3.2.10", "Linux web1 6.1", nil, Linux},
		{".1.3.6.1.4.1.6876.4.1", "VMware ESXi", nil, Hypervisor},
		{".1.3.6.1.4.1.12325.1.1.2.1.1", "pfSense 2.7", nil, Firewall},
		{".1.3.6.1.4.1.99999", "A Router of ours", nil, Router},
		{".1.3.6.1.4.1.99999", "x", []gosnmp.SnmpPDU{number(".1.3.6.1.2.1.4.1.0", 1)}, Router},
		{".1.3.6.1.4.1.99999", "x", ports(12), Switch},
		{".1.3.6.1.4.1.1718.4", "Sentry", nil, PDU},
		{".1.3.6.1.4.1.99999", "x", []gosnmp.SnmpPDU{number(".1.3.6.1.2.1.33.1.2.4.0", 100)}, UPS},
		{".1.3.6.1.4.1.99999", "x", []gosnmp.SnmpPDU{number(".1.3.6.1.2.1.43.11.1.1.9.1.1", -3)}, Printer},
	} {
		if d := read(t, snmp.V2c, nil, system(c.object, c.descr, ""), c.objects); d.Class != c.want {
			t.Errorf("%s %s: %s, want %s", c.object, c.descr, d.Class, c.want)
		}
	}
}

func TestManyAsksAllAndKeepsTheirOrder(t *testing.T) {
	t.Parallel()
	a := snmpagent.New(t, slices.Concat(system(".1.3.6.1.4.1.99999.1", "x", "here"), plainInterfaces()), nil)
	silent := snmpagent.New(t, nil, func(r *snmpagent.Reply) { r.Packet = nil })
	targets := []Target{{Address: "127.0.0.1", Port: silent.Port, Ranged: true}, {Address: "127.0.0.1", Port: a.Port}, {Address: "127.0.0.1", Port: silent.Port}}
	calls := 0
	found := Many(t.Context(), targets, device(0, snmp.V2c), 2, func(Found) { calls++ })
	if calls != 3 || !errors.Is(found[0].Err, snmp.ErrTimeout) || found[1].Err != nil || found[1].Device.SysName != "here" || found[2].Device != nil {
		t.Errorf("%d calls: %+v", calls, found)
	}
}

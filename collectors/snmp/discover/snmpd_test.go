package discover

import (
	"net"
	"slices"
	"testing"

	"monitord/collectors/snmp"
	"monitord/internal/testserver/snmpdtest"
)

// TestARealSnmpdIsALinuxHostWithWhatItWatches asks net-snmp's agent, by v2c and by
// v3, and compares with what the kernel calls its interfaces.
func TestARealSnmpdIsALinuxHostWithWhatItWatches(t *testing.T) {
	t.Parallel()
	agent := snmpdtest.New(t, "proc snmpd", "disk / 5%", "load 30 20 10", "sysName sw1")
	v2c := device(agent.Port, snmp.V2c)
	v2c.Timeout, v2c.Retries = snmp.DefaultDevice().Timeout, 4
	v2c.Credentials.Community = snmpdtest.Community
	v3 := v2c
	v3.Credentials = snmp.Credentials{Version: snmp.V3, User: snmpdtest.User("SHA-256", "AES"), AuthProtocol: "SHA-256", AuthPassword: snmpdtest.AuthPassword, PrivProtocol: "AES", PrivPassword: snmpdtest.PrivPassword}
	real, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []snmp.Device{v2c, v3} {
		target := Target{Address: "127.0.0.1", Port: agent.Port}
		found := Many(t.Context(), []Target{target}, how, 1, nil)[0]
		if found.Err != nil {
			t.Fatal(found.Err)
		}
		d := found.Device
		if d.Class != Linux || d.SysName != "sw1" || !slices.Equal(d.UCD.Processes, []string{"snmpd"}) || !slices.Equal(d.UCD.Disks, []string{"/"}) || !d.UCD.Loads {
			t.Errorf("version %s: %s %q %+v", how.Credentials.Version, d.Class, d.SysName, d.UCD)
		}
		if len(d.Storage) == 0 || len(d.Gaps) > 0 {
			t.Errorf("version %s: %d storage areas, gaps %v", how.Credentials.Version, len(d.Storage), d.Gaps)
		}
		for _, i := range real {
			if !slices.ContainsFunc(d.Interfaces, func(got Interface) bool { return got.Name == i.Name && int(got.Index) == i.Index }) {
				t.Errorf("version %s: no %s among %+v", how.Credentials.Version, i.Name, d.Interfaces)
			}
		}
	}
}

package procfs

import "testing"

// As Linux 6.1 prints it: `ip route` said the same in words.
const routeFile = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
	"eth1\t00000000\t0101A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n" +
	"eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
	"eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
	"ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"

func TestParseRoutes(t *testing.T) {
	routes := ParseRoutes([]byte(routeFile))
	if len(routes) != 4 {
		t.Fatalf("got %+v", routes)
	}
	if r := routes[2]; r.Iface != "eth0" || r.Destination.String() != "192.0.2.0/24" || r.Gateway.String() != "0.0.0.0" || r.Flags != RouteUp {
		t.Errorf("got %+v", r)
	}
	for iface, want := range map[string]string{"": "192.0.2.1", "eth1": "192.168.1.1"} {
		if r, ok := DefaultGateway(routes, iface); !ok || r.Gateway.String() != want {
			t.Errorf("default of %q: %+v, %v; want %s", iface, r, ok, want)
		}
	}
	for _, iface := range []string{"ppp0", "eth7"} { // no gateway; no such interface
		if r, ok := DefaultGateway(routes, iface); ok {
			t.Errorf("default of %s: %+v", iface, r)
		}
	}
	for _, bad := range []string{"eth0\t0\t0\t0003\t0\t0\t0\t0\n", "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00FF00FF\t0\n", "eth0 00000000"} {
		if got := ParseRoutes([]byte(bad)); len(got) != 0 {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

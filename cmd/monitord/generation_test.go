package main

import (
	"testing"

	"monitord/internal/inventory"
)

func TestAProbeAsksItsOwnMachineWhenTheHostHasNoAddress(t *testing.T) {
	for address, want := range map[string]string{"": "127.0.0.1", "web1": "127.0.0.1", "192.0.2.1": "192.0.2.1"} {
		if got := addressOnProbe(&inventory.Host{Name: "web1", Address: address}); got != want {
			t.Errorf("address %q: asks %q, want %q", address, got, want)
		}
	}
}

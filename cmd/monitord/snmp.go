package main

import (
	"context"
	"io"

	"monitord/collectors/snmp/netsnmp"
)

// snmpCmd stands in the help; its arguments are read by runSNMP.
type snmpCmd struct {
	Args []string `arg:"" optional:"" help:"get, walk or discover, and net-snmp's options: monitord snmp --help, monitord snmp discover --help"`
}

// runSNMP is the verb `snmp`: net-snmp's programs, and discovery.
func runSNMP(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "discover" {
		return runDiscover(ctx, args[1:], stdout, stderr)
	}
	return netsnmp.Run(ctx, args, stdout, stderr)
}

package main

import (
	"context"
	"io"

	"monitord/collectors/snmp/netsnmp"
)

// snmpCmd stands in the help; its arguments are read by runSNMP.
type snmpCmd struct {
	Args []string `arg:"" optional:"" help:"get or walk, and net-snmp's options: monitord snmp --help"`
}

// runSNMP is the verb `snmp`: net-snmp's programs.
func runSNMP(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return netsnmp.Run(ctx, args, stdout, stderr)
}

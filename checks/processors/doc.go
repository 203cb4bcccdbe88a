// Package processors is the kind of check that reads by SNMP how busy a device's
// processors are and judges their mean and the busiest.
//
// Objects: hrProcessorLoad of HOST-RESOURCES-MIB (RFC 2790), else what Cisco
// (CISCO-PROCESS-MIB cpmCPUTotal1minRev), Juniper (JUNIPER-MIB jnxOperatingCPU) and
// HP's switches (STATISTICS-MIB hpSwitchCpuStat) have in its place, else the ticks
// of UCD-SNMP-MIB (ssCpuRaw…), which need two polls. The first that an agent has
// counts. Loads are a mean over a minute, as far as the agents say.
package processors

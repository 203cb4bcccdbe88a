package sar

import "monitord/internal/procfs"

// Snapshot is one reading of a machine. What is nil was not there: its tables
// are missing. A Snapshot is not changed by this package.
type Snapshot struct {
	Uptime   uint64 // since boot, in 1/100 s
	Stat     *procfs.Stat
	Loadavg  *procfs.Loadavg
	Meminfo  *procfs.Values
	Vmstat   *procfs.Values
	Disks    []Disk
	NetDevs  []NetDev
	Sockstat *procfs.Sockstat
	Snmp     *procfs.NetSnmp
	Snmp6    *procfs.Values
	Softnet  []procfs.SoftnetCPU
	Tables   *KernelTables

	PressureCPU, PressureIO, PressureMemory *procfs.Pressure
}

// Disk is one line of /proc/diskstats and what /sys says about it.
type Disk struct {
	procfs.Disk
	Whole    bool // a device, not a partition: /sys/block/NAME is there
	Physical bool // not made of other devices: /sys/block/NAME/device is there
}

// NetDev is one interface and its link.
type NetDev struct {
	procfs.NetDev
	SpeedMbps  uint64 // 0 when unknown
	FullDuplex bool
}

// KernelTables are the gauges of -v.
type KernelTables struct {
	UnusedDentries, FilesUsed, InodesUsed, Ptys uint64
}

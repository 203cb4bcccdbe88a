package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"monitord/internal/procfs"
	"monitord/internal/sar"
)

// readSnapshot reads a tree that holds proc/ and sys/: the live machine's root
// or a saved one. Only what cannot be done without is an error: the uptime.
func readSnapshot(tree fs.FS) (*sar.Snapshot, error) {
	var up procfs.Uptime
	b, err := fs.ReadFile(tree, "proc/uptime")
	if err == nil {
		err = procfs.ParseUptime(b, &up)
	}
	if err != nil {
		return nil, fmt.Errorf("take snapshot: %w", err)
	}
	s := &sar.Snapshot{Uptime: up.Up}
	return s, errors.Join(
		optional(tree, "proc/stat", func(b []byte) error {
			s.Stat = &procfs.Stat{}
			return procfs.ParseStat(b, s.Stat)
		}),
		optional(tree, "proc/loadavg", func(b []byte) error {
			s.Loadavg = &procfs.Loadavg{}
			return procfs.ParseLoadavg(b, s.Loadavg)
		}),
		optional(tree, "proc/meminfo", func(b []byte) error {
			s.Meminfo = &procfs.Values{}
			return procfs.ParseMeminfo(b, s.Meminfo)
		}),
		optional(tree, "proc/vmstat", func(b []byte) error {
			s.Vmstat = &procfs.Values{}
			return procfs.ParseVmstat(b, s.Vmstat)
		}),
		optional(tree, "proc/diskstats", func(b []byte) error {
			s.Disks = readDisks(tree, b)
			return nil
		}),
		readNetwork(tree, s), readKernel(tree, s))
}

// optional parses a file that this kernel may not have.
func optional(tree fs.FS, path string, parse func(b []byte) error) error {
	b, err := fs.ReadFile(tree, path)
	if err != nil {
		// Not there, not permitted, or not supported (pressure files answer
		// EOPNOTSUPP when the kernel was booted without them): the table is missing.
		return nil
	}
	return parse(b)
}

// readDisks tells devices from partitions by /sys/block. A tree saved without
// the links "device" there has all its devices physical; one without
// /sys/block at all is judged by names.
func readDisks(tree fs.FS, b []byte) []sar.Disk {
	parsed := procfs.ParseDiskstats(b, nil)
	entries, err := fs.ReadDir(tree, "sys/block")
	links, _ := fs.Glob(tree, "sys/block/*/device")
	disks := make([]sar.Disk, len(parsed))
	for i, d := range parsed {
		disks[i].Disk = d
		dir := strings.ReplaceAll(d.Name, "/", "!")
		if err != nil {
			disks[i].Whole = !isPartition(d.Name, parsed)
			disks[i].Physical = disks[i].Whole && !isVirtual(d.Name)
			continue
		}
		disks[i].Whole = slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == dir })
		disks[i].Physical = disks[i].Whole &&
			(len(links) == 0 && !isVirtual(d.Name) || slices.Contains(links, "sys/block/"+dir+"/device"))
	}
	return disks
}

// isPartition reports that another device's name and a number (with p between
// when that name ends in a digit) make this name.
func isPartition(name string, disks []procfs.Disk) bool {
	base := strings.TrimRight(name, "0123456789")
	if base == name {
		return false
	}
	short := strings.TrimSuffix(base, "p")
	return slices.ContainsFunc(disks, func(d procfs.Disk) bool {
		return d.Name != name && (d.Name == base || d.Name == short && short != base)
	})
}

// isVirtual names the kernel's devices that are made of memory or others.
func isVirtual(name string) bool {
	for _, prefix := range []string{"loop", "ram", "zram", "dm-", "md", "nbd", "drbd"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func readNetwork(tree fs.FS, s *sar.Snapshot) error {
	sock := func(b []byte) error {
		if s.Sockstat == nil {
			s.Sockstat = &procfs.Sockstat{}
		}
		procfs.ParseSockstat(b, s.Sockstat)
		return nil
	}
	return errors.Join(
		optional(tree, "proc/net/dev", func(b []byte) error {
			s.NetDevs = readNetDevs(tree, b)
			return nil
		}),
		optional(tree, "proc/net/sockstat", sock), optional(tree, "proc/net/sockstat6", sock),
		optional(tree, "proc/net/snmp", func(b []byte) error {
			s.Snmp = &procfs.NetSnmp{}
			procfs.ParseNetSnmp(b, s.Snmp)
			return nil
		}),
		optional(tree, "proc/net/snmp6", func(b []byte) error {
			s.Snmp6 = &procfs.Values{}
			procfs.ParseSnmp6(b, s.Snmp6)
			return nil
		}),
		optional(tree, "proc/net/softnet_stat", func(b []byte) error {
			s.Softnet = procfs.ParseSoftnetStat(b, nil)
			return nil
		}))
}

func readNetDevs(tree fs.FS, b []byte) []sar.NetDev {
	parsed := procfs.ParseNetDev(b, nil)
	devs := make([]sar.NetDev, len(parsed))
	for i, d := range parsed {
		devs[i].NetDev = d
		if !fs.ValidPath(d.Name) || strings.Contains(d.Name, "/") {
			continue
		}
		duplex, err := fs.ReadFile(tree, "sys/class/net/"+d.Name+"/duplex")
		word := strings.TrimSpace(string(duplex))
		if err != nil || word != "full" && word != "half" {
			continue // without it sar does not trust the speed
		}
		devs[i].FullDuplex = word == "full"
		if speed, err := fs.ReadFile(tree, "sys/class/net/"+d.Name+"/speed"); err == nil {
			devs[i].SpeedMbps, _ = procfs.ParseNumber(speed)
		}
	}
	return devs
}

func readKernel(tree fs.FS, s *sar.Snapshot) error {
	t := &sar.KernelTables{}
	found := false
	number := func(path string, set func(b []byte)) {
		if b, err := fs.ReadFile(tree, path); err == nil {
			set(b)
			found = true
		}
	}
	number("proc/sys/fs/dentry-state", func(b []byte) { t.UnusedDentries = procfs.ParseDentryState(b) })
	number("proc/sys/fs/file-nr", func(b []byte) {
		f := procfs.ParseFileNr(b)
		t.FilesUsed = f.Allocated - min(f.Free, f.Allocated)
	})
	number("proc/sys/fs/inode-state", func(b []byte) {
		all, free := procfs.ParseInodeState(b)
		t.InodesUsed = all - min(free, all)
	})
	number("proc/sys/kernel/pty/nr", func(b []byte) { t.Ptys, _ = procfs.ParseNumber(b) })
	if found {
		s.Tables = t
	}
	for path, dst := range map[string]**procfs.Pressure{
		"proc/pressure/cpu": &s.PressureCPU, "proc/pressure/io": &s.PressureIO, "proc/pressure/memory": &s.PressureMemory,
	} {
		if b, err := fs.ReadFile(tree, path); err == nil {
			p := &procfs.Pressure{}
			if procfs.ParsePressure(b, p); p.Some.Present {
				*dst = p
			}
		}
	}
	return nil
}

package storage

import (
	_ "embed"
	"strconv"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "storage", Summary: "storage.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts: []snmpask.Part{
			partStorage: {Table: storageTable(), Item: name, Judge: judge{cfg}.row},
			partFS:      {Table: fsTable()},
		},
		Summary: "storage.summary", None: "storage.none",
	}, deps)
}

// judge judges areas.
type judge struct{ cfg Config }

// area is what an area is for.
type area int

const (
	other area = iota // not judged: buffers, removable disks, what nobody knows
	memory
	swap
	disk
)

// areas are the types of hrStorage that are judged.
var areas = map[string]area{
	hrStorageTypes + "2":  memory, // hrStorageRam
	hrStorageTypes + "3":  swap,   // hrStorageVirtualMemory
	hrStorageTypes + "4":  disk,   // hrStorageFixedDisk
	hrStorageTypes + "8":  disk,   // hrStorageRamDisk
	hrStorageTypes + "9":  disk,   // hrStorageFlashMemory
	hrStorageTypes + "10": disk,   // hrStorageNetworkDisk
}

// areaOf is what an area is for. Some agents (FreeBSD's) give the type of the
// filesystem in place of that of the storage.
func areaOf(r poll.Row) area {
	kind := r.Facts[factType].Text
	if kind != hrFSOther && strings.HasPrefix(kind, hrFSTypes) {
		return disk
	}
	if areas[kind] == swap && strings.EqualFold(r.Name, "virtual memory") {
		return memory // of net-snmp: RAM and swap together
	}
	return areas[kind]
}

// name is an area's name without what agents write around a mount point.
func name(r poll.Row) string { return snmp.StorageName(r.Name) }

// row judges one area. What has no size, such as an empty drive, is none.
func (j judge) row(r poll.Row, d snmpask.Reading) (checks.Result, bool) {
	size, used, ok := bytesOf(r)
	kind := areaOf(r)
	if !ok || size <= 0 || kind == other {
		return checks.Result{}, false
	}
	if kind == memory {
		used = max(used-reclaimable(d.Parts[partStorage], used), 0)
	}
	share := used / size
	sentence := text.M("storage.used", text.Ratio("share", share), text.Bytes("used", used), text.Bytes("size", size), text.Bytes("free", max(size-used, 0)))
	res := checks.Result{Summary: sentence, Perf: []checks.Perf{
		{Label: "size", Value: size, Unit: checks.UnitBytes}, {Label: "used", Value: used, Unit: checks.UnitBytes}}}
	limits, free := j.limits(kind)
	if kind == disk && isReadOnly(r.Index, d.Parts[partFS]) {
		limits, free = snmpask.Limits{}, snmpask.Limits{}
		res.Summary = text.M("storage.readonly", text.Ratio("share", share), text.Bytes("size", size))
	}
	limits.Judge(&res, checks.Perf{Label: "share", Value: share, Unit: checks.UnitRatio}, sentence)
	free.Judge(&res, checks.Perf{Label: "free", Value: max(size-used, 0), Unit: checks.UnitBytes}, sentence)
	return res, true
}

func (j judge) limits(kind area) (share, free snmpask.Limits) {
	switch kind {
	case memory:
		return snmpask.Limits{Warning: j.cfg.MemoryWarning, Critical: j.cfg.MemoryCritical}, free
	case swap:
		return snmpask.Limits{Warning: j.cfg.SwapWarning, Critical: j.cfg.SwapCritical}, free
	}
	return snmpask.Limits{Warning: j.cfg.DiskWarning, Critical: j.cfg.DiskCritical},
		snmpask.Limits{Warning: j.cfg.FreeWarning, Critical: j.cfg.FreeCritical}
}

// bytesOf is an area's size and what of it is used.
func bytesOf(r poll.Row) (size, used float64, ok bool) {
	s, u, units := r.Values[colSize], r.Values[colUsed], r.Facts[factUnits]
	if !s.Known || !u.Known || !units.Known || units.Number <= 0 {
		return 0, 0, false
	}
	return s.Number * units.Number, u.Number * units.Number, true
}

// reclaimable is the memory that holds buffers and cached files, as net-snmp lists
// it beside the memory that it is part of. More than is used is no part of it.
func reclaimable(rows []poll.Row, used float64) float64 {
	sum := 0.0
	for _, r := range rows {
		if r.Name == "Memory buffers" || r.Name == "Cached memory" {
			_, u, _ := bytesOf(r)
			sum += u
		}
	}
	if sum > used {
		return 0
	}
	return sum
}

// isReadOnly looks an area's filesystem up by its number.
func isReadOnly(index string, filesystems []poll.Row) bool {
	for _, f := range filesystems {
		if at := f.Values[colStorageIndex]; at.Known && strconv.FormatFloat(at.Number, 'f', -1, 64) == index {
			return f.Values[colAccess].Number == readOnly
		}
	}
	return false
}

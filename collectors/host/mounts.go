package host

import (
	"strings"

	"monitord/internal/procfs"
)

// skipMount leaves out what node_exporter does: file systems that hold no data
// and mounts below folders that belong to the kernel or to containers. The
// root itself always counts, also when it is a container's overlay.
func skipMount(m *procfs.Mount) bool {
	if m.Point == "/" {
		return m.FSType == "rootfs"
	}
	return pseudo(m.FSType) || kernelFolder(m.Point)
}

func pseudo(fstype string) bool {
	switch fstype {
	case "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
		"fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs",
		"securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs":
		return true
	}
	return false
}

// kernelFolder matches ^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/).
func kernelFolder(point string) bool {
	for _, dir := range [...]string{"/dev", "/proc", "/sys"} {
		if point == dir || strings.HasPrefix(point, dir) && point[len(dir)] == '/' {
			return true
		}
	}
	for _, dir := range [...]string{"/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"} {
		if len(point) > len(dir) && strings.HasPrefix(point, dir) {
			return true
		}
	}
	return false
}

package testnginx

import (
	"syscall"
	"testing"
	"time"
)

// CPUSelf is the processor time of this process so far.
func CPUSelf(tb testing.TB) time.Duration { return cpu(tb, syscall.RUSAGE_SELF) }

// CPUAll is that of this process and of its children that have ended.
func CPUAll(tb testing.TB) time.Duration {
	return cpu(tb, syscall.RUSAGE_SELF) + cpu(tb, syscall.RUSAGE_CHILDREN)
}

func cpu(tb testing.TB, who int) time.Duration {
	var ru syscall.Rusage
	must(tb, syscall.Getrusage(who, &ru))
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

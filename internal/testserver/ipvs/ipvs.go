// Package ipvs lets tests use the real ipvsadm where the kernel has no IPVS, or
// where its table must not be touched: a small library, built by the test and
// preloaded, stands for the kernel and keeps the table in a file.
package ipvs

import (
	_ "embed"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/testserver/testproc"
)

//go:embed testdata/kernel.c
var kernel string

// Kernel is one table.
type Kernel struct {
	tb      testing.TB
	library string
	table   string
}

// New builds the library and starts with an empty table.
func New(tb testing.TB) *Kernel {
	tb.Helper()
	dir := testproc.Dir(tb, "")
	k := &Kernel{tb: tb, library: filepath.Join(dir, "kernel.so"), table: filepath.Join(dir, "table")}
	source := testproc.File(tb, dir, "kernel.c", kernel)
	testproc.Run(tb, testproc.Command{
		Path: "gcc", Args: []string{"-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", k.library, source}, Apt: "gcc libc6-dev",
	})
	return k
}

// Env is what a program needs in its environment to meet this kernel.
func (k *Kernel) Env() []string {
	return []string{"LD_PRELOAD=" + k.library, "IPVS_TABLE=" + k.table}
}

// Admin runs the real ipvsadm with arguments that hold no spaces; it must succeed.
func (k *Kernel) Admin(args string) string {
	k.tb.Helper()
	return testproc.Run(k.tb, testproc.Command{Path: "/usr/sbin/ipvsadm", Args: strings.Fields(args), Env: k.Env(), Apt: "ipvsadm"})
}

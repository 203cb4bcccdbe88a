// Package version says which build this is.
package version

// version is set by the linker: see the Makefile.
var version = "devel"

// String is the version of this build, such as "v0.1.0-3-g1a2b3c4" or "devel".
func String() string { return version }

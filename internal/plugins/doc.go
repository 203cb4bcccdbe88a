// Package plugins starts Nagios plugins: only those below the folders that the
// configuration allows, a bounded number at once, each in a process group of
// its own that is gone when Run returns (internal/runner).
//
// It knows nothing of what a plugin prints; checks/plugin does.
package plugins

// Package builtin lists the collectors that a probe runs without being told.
package builtin

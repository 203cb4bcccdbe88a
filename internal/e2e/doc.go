//go:build e2e

// Package e2e tells stories: the real programs, as they are built, beside real
// services, with real faults. `make e2e` runs them all, `make e2e ONLY=NAME` one.
//
// A story that cannot run on this machine says why and fails, unless
// ALLOW_SKIP=1.
package e2e

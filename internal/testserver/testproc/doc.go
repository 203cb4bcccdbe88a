// Package testproc starts real servers for tests, on loopback, with all their
// files in a temporary folder, and stops them by their process. Packages beside
// it know one server each; UDP peers that misbehave stand here too.
package testproc

// Package accept helps the tests behind `make accept`: it finds the shared
// data, counts what was compared and prints the one line per set that scripts
// read. Only tests with the build tag accept use it.
package accept

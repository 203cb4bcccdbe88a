// Package logfile follows files as lines are written to them, through every kind
// of rotation, and loses none.
package logfile

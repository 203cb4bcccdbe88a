// Package perfdata reads what a Nagios plugin prints: the text for people, the
// long text, and the performance data, which it converts to base units.
//
// Plugins are written by everybody, so reading is forgiving in one direction
// only: what is surely meant is kept, what is not is left out and reported as a
// fault. A bad limit never costs its value; a bad value never costs its
// neighbours.
//
// Sources: Nagios Plugin Development Guidelines, "Plugin Output for Nagios",
// "Performance data", "Threshold and Ranges"; Nagios Core, "Plugin API" (several
// lines of output).
package perfdata

// Package plugin runs a Nagios plugin, unchanged, and reads what it says.
//
// Sources: Nagios Plugin Development Guidelines (return codes, output,
// performance data); Nagios Core, "Plugin API" and "Understanding Macros and How
// They Work". Beyond them: no shell stands between us and the plugin, so an
// argument is one argument whatever is in it.
//
// OK, WARNING, CRITICAL, UNKNOWN: exit codes 0 to 3 (status). CRITICAL, as Nagios
// Core 4 does (testdata/nagios4): its time ran out (timeout), any other exit
// code (protocol), 126 or a file that is not executable (permission), 127 or no
// such plugin (internal). UNKNOWN: ended by a signal (protocol), outside
// plugins.dirs (permission), on a probe also with an env (permission), no place in the pool (internal).
//
// Rights: those of this process. Plugins that need more (check_icmp) carry their
// own capability.
package plugin

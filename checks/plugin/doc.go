// Package plugin runs a Nagios plugin, unchanged, and reads what it says.
//
// Sources: Nagios Plugin Development Guidelines (return codes, output,
// performance data); Nagios Core, "Plugin API" and "Understanding Macros and How
// They Work". Beyond them: no shell stands between us and the plugin, so an
// argument is one argument whatever is in it.
//
// OK, WARNING, CRITICAL, UNKNOWN: exit codes 0 to 3 (status). CRITICAL: its time
// ran out (timeout), as Nagios' service_check_timeout_state has it. UNKNOWN:
// another exit code or a signal (protocol); exit 126 or a file that is not
// executable, or one outside plugins.dirs (permission); exit 127, no such
// plugin, no place in the pool (internal).
//
// Rights: those of this process. Plugins that need more (check_icmp) carry their
// own capability.
package plugin

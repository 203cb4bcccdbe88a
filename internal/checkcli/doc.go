// Package checkcli is the verb `monitord check TYPE …` and `probe check TYPE …`:
// one check, now, with the output and the exit code of a Nagios plugin
// (Nagios Plugin Development Guidelines), so that it serves as one.
//
// The options of a type are its configuration keys, as --key value. Wrong usage
// is UNKNOWN (3) with the reason on standard error.
package checkcli

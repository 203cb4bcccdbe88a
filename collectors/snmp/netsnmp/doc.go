// Package netsnmp is net-snmp's face: its output text (Printer) and the command
// lines of snmpget, snmpwalk and snmpbulkwalk (Run), as net-snmp 5.9 has them:
// man snmpcmd(1), snmpwalk(1).
//
// What differs on purpose: names of the standard modules are known without MIB
// files, except with -On, which prints plain numbers as Debian's net-snmp does;
// -m ” knows none, -M FOLDER adds files. Version 2c is taken where -c is given
// without -v. Files of net-snmp's own configuration are not read. A second line
// on standard error says what to do. Wrong usage is exit code 2; all others are
// net-snmp's: 0, 1 no answer or no such name, 2 the agent's error.
package netsnmp

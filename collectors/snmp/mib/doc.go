// Package mib knows the names of SNMP objects: places, types, enumerations,
// hints and indexes (RFC 2578, 2579, 1212, 1215).
//
// Builtin reads our own tables of the standard modules (table/, some
// milliseconds); Load adds the MIB files of folders. Both results are fixed and
// shared freely. Read them when the first name is needed: numbers need none.
//
//	names.Find("IF-MIB::ifOperStatus.1")    text to OID
//	names.Append(b, oid, mib.Style{})       OID to text, net-snmp's forms
//	node, index := names.Nearest(oid)       what it is: node.EnumName(7), node.Hint,
//	                                        node.Units, node.Index; the row's numbers
//	names.Named("", "linkDown").Objects     a notification's varbinds
//
// A table is facts alone: names, numbers, types, enumerations, hints and units,
// without the text of any MIB. TestOurTablesAgreeWithNetSnmpsFiles holds those
// that Debian ships against its files.
//
// The reader of MIB files takes SMIv1 and SMIv2 as makers write it: comments end
// with their line, unknown clauses are passed over, a name that is not imported
// is looked for everywhere. What it cannot use is a *Fault with file and line.
// A place keeps the name it has, unless the same module says otherwise.
package mib

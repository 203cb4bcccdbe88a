// Package printer is the kind of check that reads a printer by SNMP: toner, ink,
// drums and waste boxes, paper trays, and what is wrong with it.
//
// Objects: Printer-MIB (RFC 3805), prtMarkerSuppliesTable, prtInputTable,
// prtMarkerTable, prtAlertTable; HOST-RESOURCES-MIB (RFC 2790),
// hrPrinterDetectedErrorState. Levels of -1 (other), -2 (unknown) and -3 (some
// remains) are told as what they are, never as numbers. The level of a waste box is
// the room that is left in it.
package printer

// Package ucd is the kind of check that reads what net-snmp's snmpd watches by its
// lines proc, disk, load and swap, and takes over its error flags with their
// messages.
//
// Objects: UCD-SNMP-MIB: prTable (prErrorFlag, prErrMessage), dskTable
// (dskErrorFlag, dskErrorMsg), laTable (laErrorFlag, laErrMessage) and memory
// (memSwapError, memSwapErrorMsg). Sizes of disks are those of the pairs of 32-bit
// columns, dskTotalLow to dskUsedHigh: the plain ones end at 2 TiB. Loads are
// laLoadInt, in hundredths, since laLoad is text.
package ucd

// Package sar computes the tables of sysstat's sar from two readings of the
// kernel's counters. It is pure: plain structs in, tables of printed values
// out; who reads /proc, a saved tree or the store is somebody else.
//
// The arithmetic is sar's: rates divide by the difference of /proc/uptime in
// 1/100 s, %system of -u holds hard and soft interrupts, CPU "all" is the sum
// of the processors that were there both times, an interface whose counter
// went backwards counts from zero, a disk likewise when all of its counters did.
//
// Where a counter that sar does not guard goes backwards, sar prints the
// difference modulo 2^64 (such as 5.9e17 context switches a second); here the
// rate is 0.00.
//
// Sources: sar(1) of sysstat 12.6 and 12.7, the columns and footnotes of
// sysstat 7's sar(1), and what those programs print.
package sar

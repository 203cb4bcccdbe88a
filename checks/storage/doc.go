// Package storage is the kind of check that reads a host's memory, swap and
// filesystems by SNMP and judges how full each is.
//
// Objects: HOST-RESOURCES-MIB (RFC 2790), hrStorageTable and, for which
// filesystems are read-only, hrFSTable. Sizes are units times allocation units, in
// bytes. Agents that count more than 2,147,483,647 units send negative numbers;
// they are read as the 32-bit numbers that they are.
//
// Memory of net-snmp's agents counts buffers and cached files as used; they are
// taken off, since programs get them back.
package storage

// Package mrtg reads configuration of MRTG (mrtg.cfg, as cfgmaker writes it) and
// makes hosts of it.
//
// Targets by interface (number, name, description, address) become the check of
// the host's interfaces; those of OIDs become checks of the kind snmp. Numbers of
// interfaces become names where cfgmaker's comments tell them. What has no counterpart is listed with its place, never left out in
// silence; how pictures look is not ours to take over, and is not listed.
//
// Source: the manual pages mrtg-reference(1) and cfgmaker(1) of MRTG 2.17.
package mrtg

// Package poll reads tables of SNMP agents again and again, and tells apart what
// a bare look at counters confuses: a counter that wrapped, a counter that was
// reset, an agent that restarted, and an interface that got another number.
//
//   - Only rows and columns that are wanted are asked for, by targeted requests that
//     fill one Ethernet frame each; what a row lacks is not asked for again within
//     the hour. The first poll finds the rows; later ones look for changes every
//     five minutes and whenever something hints at one.
//   - Every request carries sysUpTime, and every row's request its name: an answer
//     that belongs to another row than before is thrown away, and the rows are found
//     anew. So a renumbered interface never feeds another one's series.
//   - 64-bit counters are preferred and kept raw. 32-bit counters are summed up from
//     the first poll on, over wraps: their series grow by what was counted and are 0
//     after our own start. A counter whose link could wrap it twice between two polls
//     has no value: it would be a guess.
//   - sysUpTime that went back is a restart, unless it wrapped itself (after 497
//     days). A changed ifCounterDiscontinuityTime, a 64-bit counter that went back, or
//     a 32-bit one that would have grown faster than its link, is a reset. Over both,
//     no rate is known, so nothing of it can look like a peak.
//
// References: RFC 2578 (7.1.6, 7.1.10: counters), RFC 2863 (3.1.5, 3.1.6:
// discontinuities and widths), RFC 3418 (sysUpTime).
package poll

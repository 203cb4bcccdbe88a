// Package metric judges what the store holds: a PromQL expression, and limits.
//
// Each element of the expression's instant vector is one Result; its item is
// the label that `item` names. OK, WARNING and CRITICAL come from the limits.
// With a recovery range, an item that was WARNING or CRITICAL stays so until
// its value lies within that range (hysteresis). No element at all is judged
// by `no_data`. UNKNOWN: the store could not answer.
package metric

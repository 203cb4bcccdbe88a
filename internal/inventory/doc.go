// Package inventory says what there is: hosts, what is asked of them, who is to
// be told. It turns configuration (hosts, groups, templates) into the effective
// inventory, an immutable value that every other room reads.
package inventory

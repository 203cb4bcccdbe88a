// Package cli is the verb `probe sar`: it reads its own arguments in sar's
// manner, takes snapshots of the live machine or of saved trees, and prints
// package sar's tables.
package cli

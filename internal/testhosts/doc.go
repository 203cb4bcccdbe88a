// Package testhosts makes two hosts on one wire for tests: network namespaces
// joined by a pair of virtual interfaces, with the real network stack of the
// kernel. Traffic cannot leave them. Root and Debian's package iproute2 are needed.
package testhosts

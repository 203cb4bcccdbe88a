// Package mib is names.
package mib

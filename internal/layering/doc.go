// Package layering keeps the house in order: it holds no code, only tests that
// read the import graph and the folders of plug-ins and say which rule is
// broken, where, and why the rule is there.
package layering

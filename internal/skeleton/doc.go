// Command skeleton writes a new plug-in that is green from its first minute:
// `make new-check NAME=foo`. Everything it writes comes from the templates in
// its folder, where @NAME@ stands for the name and @Name@ for the name with a
// capital letter.
package main

package poll

// Printable is an agent's text as rows are named by it: valid UTF-8 in one line.
// Who writes configuration for rows must name them the same.
func Printable(s string) string { return printable(s) }

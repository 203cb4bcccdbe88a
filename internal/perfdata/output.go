package perfdata

import "strings"

// Output is what a plugin printed, taken apart.
type Output struct {
	Text string // the first line, without performance data
	Long string // the lines that follow, up to the next '|'
	Perf string // all performance data, its lines joined by blanks
}

// Split takes a plugin's output apart as Nagios does: the first line up to '|'
// is the text and behind it stands performance data; further lines are long
// text up to the next '|', and everything behind that one is performance data.
func Split(out string) Output {
	first, rest, _ := strings.Cut(out, "\n")
	text, perf, _ := strings.Cut(first, "|")
	long, more, _ := strings.Cut(rest, "|")
	return Output{
		Text: strings.TrimSpace(text),
		Long: strings.TrimRight(strings.ReplaceAll(long, "\r\n", "\n"), " \t\r\n"),
		Perf: strings.Join(strings.FieldsFunc(perf+"\n"+more, isLineEnd), " "),
	}
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' }

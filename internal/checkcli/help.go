package checkcli

import (
	"fmt"
	"io"

	"monitord/checks"
	"monitord/internal/text"
)

func usage(w io.Writer, types []checks.Type) {
	fmt.Fprint(w, `usage: check TYPE [-H|--host H] [-p|--port P] [--OPTION VALUE…] [-w RANGE] [-c RANGE] [-t|--timeout D] [--json] [--language en|ja] [-v]
example: check http -H 127.0.0.1 -p 8080 --path / --contains OK

One check, now, with a Nagios plugin's output and exit code
(0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or wrong usage).

`)
	for _, t := range types {
		fmt.Fprintf(w, "  %-8s %s\n", t.Name, summary(t))
	}
	fmt.Fprint(w, "\ncheck TYPE --help lists the type's options.\n")
}

func summary(t checks.Type) string {
	return text.Default().Render(text.English, nil, text.Message{ID: t.Summary})
}

// typeHelp shows the type's sample: every option with its default.
func typeHelp(w io.Writer, t checks.Type) {
	fmt.Fprintf(w, "check %s: %s\n\nexample: check %s -H 192.0.2.10 -t 5s\n\n", t.Name, summary(t), t.Name)
	fmt.Fprint(w, "Options, written as in the configuration; on the command line `some_key: value`\nis --some-key value, a true/false option may stand alone, a list is a,b,c,\na map is --headers 'Name: value' (several times), {file: PATH} is --KEY-file PATH:\n\n")
	fmt.Fprintln(w, t.Sample)
}

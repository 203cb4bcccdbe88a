package mrtg

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
)

// Place is a line of a file.
type Place struct {
	File string
	Line int
}

// String is FILE:LINE.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// statement is one keyword with its value: Keyword[Name]: Value.
type statement struct {
	place   Place
	keyword string // in lower case
	name    string // in lower case, as MRTG takes it; "" without brackets
	value   string // lines that continue it are behind it, after \n
}

// interfaceNote is what cfgmaker writes above a target: the interface's number and
// its names.
type interfaceNote struct{ number, name string }

// file is what was read of a file and those that it includes.
type file struct {
	statements []statement
	notes      map[Place]interfaceNote // by the line that they stand on
	lost       []Lost
	included   int
}

// Limits of what is read.
const (
	maxDepth      = 8
	maxIncluded   = 200
	maxLost       = 10_000
	maxStatements = 200_000
)

var keywordLine = regexp.MustCompile(`^([A-Za-z][\w-]*)(?:\[([^\]]*)\])?\s*:\s*(.*)$`)

// cfgmaker's comment: ### Interface 2 >> Descr: 'eth0' | Name: 'eth0' | Ip: ” | Eth: '…' ###
var noteLine = regexp.MustCompile(`^#+\s*Interface (\d+) >> Descr: '[^']*' \| Name: '([^']*)'`)

// parse reads one file. read gives what Include names.
func (f *file) parse(name string, data []byte, read func(string) ([]byte, error), depth int) {
	n := 0
	open := false // a statement that the next line may continue
	for line := range strings.Lines(string(data)) {
		n++
		place := Place{name, n}
		text := strings.TrimRight(line, " \t\r\n")
		switch {
		case len(f.statements) >= maxStatements:
			f.lose(place, "more than %d statements; the rest was not read", maxStatements)
			return
		case strings.TrimSpace(text) == "":
			open = false
		case strings.HasPrefix(strings.TrimSpace(text), "#"):
			if m := noteLine.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
				f.notes[place] = interfaceNote{number: m[1], name: m[2]}
			}
		case text[0] == ' ' || text[0] == '\t':
			if !open {
				f.lose(place, "continues nothing: want KEYWORD[NAME]: VALUE")
				continue
			}
			last := &f.statements[len(f.statements)-1]
			last.value += "\n" + strings.TrimSpace(text)
		default:
			open = f.statement(place, text, read, depth)
		}
	}
}

// statement takes one line; it reports whether the next one may continue it.
func (f *file) statement(place Place, text string, read func(string) ([]byte, error), depth int) bool {
	m := keywordLine.FindStringSubmatch(text)
	if m == nil {
		f.lose(place, "is no statement: want KEYWORD[NAME]: VALUE")
		return false
	}
	s := statement{place: place, keyword: strings.ToLower(m[1]), name: strings.ToLower(strings.TrimSpace(m[2])), value: m[3]}
	if s.keyword != "include" {
		f.statements = append(f.statements, s)
		return true
	}
	path := s.value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(place.File), path)
	}
	if f.included++; depth >= maxDepth || f.included > maxIncluded {
		f.lose(place, "files include each other deeper than %d, or more than %d times", maxDepth, maxIncluded)
		return false
	}
	switch data, err := read(path); {
	case errors.Is(err, fs.ErrNotExist):
		f.lose(place, "%s is not there", path)
	case err != nil:
		f.lose(place, "%v", err)
	default:
		f.parse(path, data, read, depth+1)
	}
	return false
}

// lose lists a loss; of a file that is something else altogether, not all of them.
func (f *file) lose(place Place, format string, args ...any) {
	if len(f.lost) >= maxLost {
		return
	}
	f.lost = append(f.lost, Lost{place, fmt.Sprintf(format, args...)})
}

// Lost is something that was not translated, or not as it stood.
type Lost struct {
	Place   Place
	Problem string
}

// String is FILE:LINE: PROBLEM.
func (l Lost) String() string { return l.Place.String() + ": " + l.Problem }

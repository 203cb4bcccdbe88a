package logs

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"monitord/internal/config"
)

// SwatchOptions are swatchdog's own, as far as they change what rules mean.
type SwatchOptions struct {
	AwkFields bool // --awk-field-syntax: $N is a word of the line
	// Read returns a file that the rules include; nil: includes are faults.
	Read func(path string) ([]byte, error)
}

// Note is what a reader of rules should know and that is no fault.
type Note struct {
	Place config.Place
	Text  string
}

// String writes file:line:col: text.
func (n Note) String() string { return n.Place.String() + ": " + n.Text }

// ParseSwatch reads a file of swatch, as swatchdog 3.2.4 does. The error is a
// config.Faults with everything that cannot be translated.
func ParseSwatch(name string, data []byte, o SwatchOptions) ([]*Rule, []Note, error) {
	p := readSwatch(name, data, o)
	return p.rules, p.notes, p.faults.Err()
}

// readSwatch reads all that can be read.
func readSwatch(name string, data []byte, o SwatchOptions) *swatchParser {
	p := &swatchParser{options: o, vars: map[string]string{}, names: map[string]bool{}}
	p.file(name, data, 0)
	p.end()
	if len(p.rules) == 0 && len(p.faults) == 0 {
		p.fault(config.Place{File: name, Line: 1, Col: 1}, "there are no rules in it (want watchfor /EXPRESSION/ and an action below)")
	}
	return p
}

const (
	// maxIncludes bounds how deep files include one another.
	maxIncludes = 10
	maxSwatch   = 4 << 20 // bytes of one file
)

type swatchParser struct {
	options SwatchOptions
	vars    map[string]string // of perlcode, as they stand in expressions
	rules   []*Rule
	notes   []Note
	faults  config.Faults
	names   map[string]bool
	open    *Rule // whose actions are read; nil: none yet
}

func (p *swatchParser) fault(at config.Place, format string, args ...any) {
	p.faults = append(p.faults, config.PlacedFault{Place: at, Problem: fmt.Sprintf(format, args...)})
}

func (p *swatchParser) note(at config.Place, format string, args ...any) {
	p.notes = append(p.notes, Note{Place: at, Text: fmt.Sprintf(format, args...)})
}

// statement is one line of the file, continuations joined.
type statement struct {
	key   string
	value string
	at    config.Place // of the keyword
	val   config.Place // of the value
}

// keyword is what a line begins with; swatchdog takes a space or = behind it.
var keyword = regexp.MustCompile(`^([^\s=]+)(\s*=\s*|\s*)`)

// statements cuts a file.
func statements(name string, data []byte) []statement {
	var out []statement
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		number := i + 1
		text := strings.TrimSpace(lines[i])
		if text == "" || text[0] == '#' {
			continue
		}
		indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " \t"))
		for strings.HasSuffix(text, `\`) && i+1 < len(lines) {
			i++
			text = strings.TrimSpace(strings.TrimSuffix(text, `\`))
			if strings.HasPrefix(lines[i], "#") || lines[i] == "" {
				break
			}
			text += lines[i] // its indentation stays, as in swatchdog
		}
		m := keyword.FindStringSubmatch(text)
		if m == nil { // it begins with =
			m = []string{"", "", ""}
		}
		col := utf8.RuneCountInString(lines[number-1][:indent]) + 1
		at := config.Place{File: name, Line: number, Col: col}
		val := at
		val.Col += utf8.RuneCountInString(m[0])
		out = append(out, statement{key: m[1], value: text[len(m[0]):], at: at, val: val})
	}
	return out
}

func (p *swatchParser) file(name string, data []byte, depth int) {
	if len(data) > maxSwatch {
		p.fault(config.Place{File: name, Line: 1, Col: 1}, "the file is too large (got %d bytes; want at most %d)", len(data), maxSwatch)
		return
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		p.fault(config.Place{File: name, Line: bytes.Count(data[:i], []byte("\n")) + 1, Col: 1}, "the file holds a zero byte: it is no text")
		return
	}
	for _, s := range statements(name, data) {
		switch key := strings.ToLower(s.key); key {
		case "include":
			p.include(s, depth)
		case "watchfor", "waitfor", "ignore":
			p.begin(key, s)
		case "perlcode":
			p.perlcode(s)
		case "":
			p.fault(s.at, "the line has no keyword (want watchfor, ignore or an action)")
		default:
			if p.open == nil {
				p.fault(s.at, "%s stands before any watchfor: it belongs to none", s.key)
				continue
			}
			p.action(key, s)
		}
	}
}

func (p *swatchParser) include(s statement, depth int) {
	if depth >= maxIncludes {
		p.fault(s.at, "files include one another too deeply (want at most %d levels)", maxIncludes)
		return
	}
	if p.options.Read == nil {
		p.fault(s.at, "include is not possible here: write the rules into one file")
		return
	}
	path := s.value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(s.at.File), path)
	}
	data, err := p.options.Read(path)
	if err != nil {
		p.fault(s.val, "include: %v", err)
		return
	}
	p.file(path, data, depth+1)
}

// begin starts a rule.
func (p *swatchParser) begin(key string, s statement) {
	p.end()
	r := &Rule{Name: s.value, Place: s.at, stop: key != "waitfor", ignore: key == "ignore", silent: key == "waitfor", swatch: true}
	p.open = r
	if key == "waitfor" {
		p.note(s.at, "waitfor does nothing, here as in swatchdog 3.2.4; write watchfor")
	}
	e, err := p.condition(s)
	if err != nil {
		p.fault(s.val, "%v", err)
		e = always(false)
	}
	r.match = e
}

// end closes the rule at hand. Equal patterns are told apart by their line.
func (p *swatchParser) end() {
	r := p.open
	p.open = nil
	if r == nil {
		return
	}
	if p.names[r.Name] {
		r.Name += " (" + filepath.Base(r.Place.File) + ":" + strconv.Itoa(r.Place.Line) + ")"
	}
	p.names[r.Name] = true
	r.definition = r.Name + swatchDefinition(r)
	p.rules = append(p.rules, r)
}

// swatchDefinition is what a snapshot compares.
func swatchDefinition(r *Rule) string {
	var s strings.Builder
	for _, g := range r.allGates() {
		fmt.Fprintf(&s, "|%d,%d,%s", g.kind, g.count, g.within)
	}
	return s.String()
}

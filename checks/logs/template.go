package logs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// template is text with placeholders: $0 and $* the whole line, $1 and ${1} a
// group, $name and ${name} a named one, $$ a dollar sign.
type template []piece

// piece is text, or what a placeholder stands for.
type piece struct {
	text  string
	what  placeholder
	group int
	name  string
}

type placeholder int

const (
	isText    placeholder = iota
	isLine                // the line
	isMessage             // the text to tell: the line, unless a throttle added a count
	isGroup               // a group by number
	isNamed               // a group by name
	isField               // a word of the line, from 1: swatch's --awk-field-syntax
)

// parseTemplate reads text of the configuration. Names are those of the groups
// that the expressions have.
func parseTemplate(s string, names []string) (template, error) {
	var out template
	for s != "" {
		before, after, ok := strings.Cut(s, "$")
		out = out.add(before)
		if !ok {
			break
		}
		p, rest, err := parsePlaceholder(after, names)
		if err != nil {
			return nil, err
		}
		if p.what == isText {
			out = out.add(p.text)
		} else {
			out = append(out, p)
		}
		s = rest
	}
	return out, nil
}

func (t template) add(text string) template {
	if text == "" {
		return t
	}
	if n := len(t); n > 0 && t[n-1].what == isText {
		t[n-1].text += text
		return t
	}
	return append(t, piece{text: text})
}

func parsePlaceholder(s string, names []string) (piece, string, error) {
	switch {
	case strings.HasPrefix(s, "$"):
		return piece{text: "$"}, s[1:], nil
	case strings.HasPrefix(s, "0"), strings.HasPrefix(s, "*"):
		return piece{what: isLine}, s[1:], nil
	}
	word, rest := s, ""
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		if word, rest, ok = strings.Cut(inner, "}"); !ok {
			return piece{}, "", fmt.Errorf("${%s: want a } at its end", inner)
		}
	} else {
		n := 0
		for n < len(s) && isWordByte(s[n]) && (s[0] > '9' || s[n] <= '9') {
			n++
		}
		word, rest = s[:n], s[n:]
	}
	if n, err := strconv.Atoi(word); err == nil {
		if n == 0 {
			return piece{what: isLine}, rest, nil
		}
		return piece{what: isGroup, group: n}, rest, nil
	}
	if !slices.Contains(names, word) || word == "" {
		return piece{}, "", fmt.Errorf("$%s stands for nothing (want $0 for the line, $1 for a group, $NAME for one of the named groups%s, or $$ for a dollar sign)", word, listNames(names))
	}
	return piece{what: isNamed, name: word}, rest, nil
}

func listNames(names []string) string {
	known := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" })
	if len(known) == 0 {
		return ""
	}
	return " " + strings.Join(known, ", ")
}

// filling is what placeholders are filled with.
type filling struct {
	line    []byte
	message string
	caps    []int
	names   []string
}

// fill writes the text.
func (t template) fill(f filling) string {
	if len(t) == 1 && t[0].what == isText {
		return t[0].text
	}
	var b strings.Builder
	for _, p := range t {
		switch p.what {
		case isText:
			b.WriteString(p.text)
		case isLine:
			b.Write(f.line)
		case isMessage:
			b.WriteString(f.message)
		case isGroup:
			b.Write(f.group(p.group))
		case isNamed:
			b.Write(f.group(slices.Index(f.names, p.name)))
		case isField:
			if words := strings.Fields(string(f.line)); p.group <= len(words) {
				b.WriteString(words[p.group-1])
			}
		}
	}
	return b.String()
}

// group is what a group captured; nothing when it took no part.
func (f filling) group(n int) []byte {
	if n <= 0 || 2*n+1 >= len(f.caps) || f.caps[2*n] < 0 {
		return nil
	}
	return f.line[f.caps[2*n]:f.caps[2*n+1]]
}

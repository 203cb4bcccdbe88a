package mib

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
)

// ErrArc is one of the three places at the top alone, which cannot be encoded.
var ErrArc = errors.New("one number alone names no object: write one more, such as .1.3")

// NotFoundError is a name that is nowhere.
type NotFoundError struct {
	Text   string // as it was asked for
	Parent string // what was found of it; (top) is nothing
	Sub    string // what was not
}

// Error is net-snmp's sentence.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s: Unknown Object Identifier (Sub-id not found: %s -> %s)", e.Text, e.Parent, e.Sub)
}

// Find reads an OID as people write it: .1.3.6.1, 1.3.6.1, sysName.0,
// IF-MIB::ifDescr.1, system.sysName.0, .iso.org.dod, ifName."eth0" (a string with
// its length before it), 'eth0' (without), and names of enumerated indexes such
// as ipAddressIfIndex.ipv4."127.0.0.1". A nil n knows numbers and the top only.
func (n *Names) Find(text string) (snmp.OID, error) {
	f := finder{names: n, text: text}
	module, rest, hasModule := strings.Cut(text, "::")
	if !hasModule {
		module, rest = "", text
	}
	absolute := strings.HasPrefix(rest, ".")
	words, err := splitOID(strings.TrimPrefix(rest, "."))
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	if len(words) == 0 {
		if hasModule {
			return "", &NotFoundError{text, module, ""}
		}
		return "", nil
	}
	if err := f.first(module, words[0], absolute); err != nil {
		return "", err
	}
	for _, w := range words[1:] {
		if err := f.below(w); err != nil {
			return "", err
		}
	}
	return f.oid()
}

// finder follows an OID's words from the left.
type finder struct {
	names *Names
	text  string
	at    snmp.OID // once two numbers are known
	arc   int      // the first number before that; -1 when at holds it
	seen  string
	index int // part of the index that comes next, below a column
	node  *Node
}

func (f *finder) lost(sub string) error {
	if f.seen == "" {
		f.seen = "(top)"
	}
	return &NotFoundError{f.text, f.seen, sub}
}

func (f *finder) first(module, word string, absolute bool) error {
	f.arc = -1
	for i, name := range arcNames {
		if module == "" && (word == name || word == strconv.Itoa(i)) {
			f.arc, f.seen = i, name
			return nil
		}
	}
	if f.names == nil || absolute && digit(word[0]) || word[0] == '"' || word[0] == '\'' {
		return f.lost(word)
	}
	f.node = f.names.Named(module, word)
	if f.node == nil {
		return f.lost(word)
	}
	f.at, f.seen = f.node.OID, word
	return nil
}

func (f *finder) below(word string) error {
	switch word[0] {
	case '"', '\'':
		chars := word[1 : len(word)-1]
		if f.arc >= 0 {
			return f.lost(word)
		}
		if word[0] == '"' {
			f.add(uint32(len(chars)))
		}
		for i := range len(chars) {
			f.add(uint32(chars[i]))
		}
		f.index++
		return nil
	}
	if v, err := strconv.ParseUint(word, 10, 32); err == nil {
		return f.number(uint32(v), word)
	}
	if f.arc >= 0 || f.names == nil {
		return f.named(word)
	}
	for _, node := range f.names.byName[word] {
		if above(node.OID) == f.at {
			f.at, f.node, f.seen = node.OID, node, word
			return nil
		}
	}
	if f.node != nil && f.index < len(f.node.Index) {
		part := f.node.Index[f.index]
		if v, ok := part.EnumValue(word); ok {
			f.add(uint32(v))
			f.index++
			return nil
		}
	}
	return f.lost(word)
}

// named is a name right below the top: iso.org.
func (f *finder) named(word string) error {
	if f.names == nil || f.arc < 0 {
		return f.lost(word)
	}
	node := f.names.Named("", word)
	if node == nil || len(node.OID) != 1 || int(min(node.OID[0]/40, 2)) != f.arc {
		return f.lost(word)
	}
	f.at, f.node, f.arc, f.seen = node.OID, node, -1, word
	return nil
}

func (f *finder) number(v uint32, word string) error {
	if f.arc < 0 {
		f.add(v)
		if f.node != nil && f.node.Kind == KindColumn {
			f.index++
		} else if f.names != nil {
			if node := f.names.At(f.at); node != nil {
				f.node = node
			}
		}
		f.seen = word
		return nil
	}
	if f.arc < 2 && v > 39 || v > 1<<32-1-80 {
		return f.lost(word)
	}
	f.at, f.arc, f.seen = top([]uint32{uint32(f.arc), v}), -1, word
	return nil
}

func (f *finder) add(v uint32) { f.at = f.at.Append(v) }

// maxEncoded bounds what a text can make: 128 numbers of at most five octets.
const maxEncoded = 640

func (f *finder) oid() (snmp.OID, error) {
	switch {
	case f.arc >= 0:
		return "", fmt.Errorf("%s: %w", f.text, ErrArc)
	case len(f.at) > maxEncoded:
		return "", fmt.Errorf("%s: longer than 128 numbers", f.text)
	}
	return f.at, nil
}

// splitOID takes the words between dots apart; a dot in quotes is none.
func splitOID(text string) ([]string, error) {
	var words []string
	for text != "" {
		end := 0
		if q := text[0]; q == '"' || q == '\'' {
			end = strings.IndexByte(text[1:], q) + 2
			if end < 2 {
				return nil, fmt.Errorf("a quote %c is not closed", q)
			}
			if end < len(text) && text[end] != '.' {
				return nil, fmt.Errorf("want a dot after %s", text[:end])
			}
		} else if end = strings.IndexByte(text, '.'); end < 0 {
			end = len(text)
		}
		if end == 0 {
			return nil, errors.New("two dots, and nothing between them")
		}
		words = append(words, text[:end])
		text = text[end:]
		if strings.HasPrefix(text, ".") {
			if text = text[1:]; text == "" {
				return nil, errors.New("ends with a dot")
			}
		}
	}
	return words, nil
}

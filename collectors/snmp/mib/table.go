package mib

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A table is modules in few words, one line each, fields parted by tabs:
//
//	@MODULE
//	=Type      SYNTAX   hint
//	name       PLACE
//	name       PLACE    table
//	name       PLACE    row      ifIndex,!ifName   or +ifEntry (augments)
//	name       PLACE    trap     ifIndex,ifAdminStatus
//	name       PLACE    SYNTAX   units
//
// PLACE is a name or nothing and the numbers below: ifEntry.8, .1.3.6. SYNTAX is
// a type, #6 for a string of always six octets, and {up=1,down=2}.

// parseTable reads our own tables. They are ours: its errors are for tests.
func parseTable(file, text string) ([]*module, error) {
	var all []*module
	var m *module
	line := 0
	for row := range strings.Lines(text) {
		line++
		row = strings.TrimRight(row, "\r\n")
		if row == "" || row[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(row, "@"); ok {
			m = &module{name: name, file: file, line: line, types: map[string]*syntax{}}
			all = append(all, m)
			continue
		}
		if m == nil {
			return nil, &Fault{file, line, "want @MODULE first"}
		}
		if err := m.row(row, line); err != nil {
			return nil, &Fault{file, line, err.Error()}
		}
	}
	return all, nil
}

func (m *module) row(row string, line int) error {
	name, rest, _ := strings.Cut(row, "\t")
	second, rest, _ := strings.Cut(rest, "\t")
	third, fourth, _ := strings.Cut(rest, "\t")
	if typeName, ok := strings.CutPrefix(name, "="); ok {
		s, err := tableSyntax(second, line)
		if err == nil {
			s.hint = third
			m.types[typeName] = s
		}
		return err
	}
	d := &definition{name: name, line: line}
	if err := d.tablePlace(second); err != nil {
		return err
	}
	m.defs = append(m.defs, d)
	switch third {
	case "":
	case "table":
		d.kind, d.syntax = KindScalar, &syntax{name: "SEQUENCE OF"}
	case "row":
		d.kind, d.syntax = KindScalar, &syntax{name: "SEQUENCE"}
		if other, ok := strings.CutPrefix(fourth, "+"); ok {
			d.augments = other
			return nil
		}
		for part := range strings.SplitSeq(fourth, ",") {
			plain, implied := strings.CutPrefix(part, "!")
			d.index = append(d.index, indexPart{plain, implied})
		}
	case "trap":
		d.kind = KindNotification
		if fourth != "" {
			d.objects = strings.Split(fourth, ",")
		}
	default:
		s, err := tableSyntax(third, line)
		d.kind, d.syntax, d.units = KindScalar, s, fourth
		return err
	}
	return nil
}

func (d *definition) tablePlace(place string) error {
	parent, numbers, _ := strings.Cut(place, ".")
	d.parent = parent
	for sub := range strings.SplitSeq(numbers, ".") {
		n, err := strconv.ParseUint(sub, 10, 32)
		if err != nil {
			return fmt.Errorf("place %q", place)
		}
		d.subs = append(d.subs, uint32(n))
	}
	return nil
}

func tableSyntax(text string, line int) (*syntax, error) {
	s := &syntax{line: line}
	name, enums, hasEnums := strings.Cut(text, "{")
	name, fixed, hasFixed := strings.Cut(name, "#")
	if base := slices.Index(baseWords[:], name); base > 0 {
		s.base = Base(base)
	} else {
		s.name = name
	}
	if hasFixed {
		n, err := strconv.Atoi(fixed)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("size %q", fixed)
		}
		s.fixed = n
	}
	if !hasEnums {
		return s, nil
	}
	for pair := range strings.SplitSeq(strings.TrimSuffix(enums, "}"), ",") {
		label, value, _ := strings.Cut(pair, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("enumeration %q", pair)
		}
		s.enums = append(s.enums, Enum{label, n})
	}
	return s, nil
}

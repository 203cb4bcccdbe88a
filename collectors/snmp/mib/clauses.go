package mib

import "strconv"

// clauses reads what stands between OBJECT-TYPE (or a notification's macro) and
// ::=, in any order.
func (p *parser) clauses(d *definition) error {
	for !p.is("::=") {
		clause := p.tok
		if clause.kind == tokenEnd || p.is("END") {
			return p.fault("%s: want ::= { place }, got %s", d.name, p.seen())
		}
		if err := p.advance(); err != nil {
			return err
		}
		if clause.kind != tokenName {
			continue
		}
		var err error
		switch clause.text {
		case "SYNTAX":
			d.syntax, err = p.syntax()
		case "UNITS":
			d.units = p.tok.text
			err = p.advance()
		case "INDEX":
			err = p.index(d)
		case "AUGMENTS":
			d.augments, err = p.one()
		case "OBJECTS", "VARIABLES":
			d.objects, err = p.names()
		case "ENTERPRISE":
			err = p.enterprise(d)
		case "DEFVAL":
			err = p.balanced("{", "}")
		}
		if err != nil {
			return err
		}
	}
	if d.kind == KindScalar && d.syntax == nil {
		return p.lex.fault(d.line, "%s has no SYNTAX", d.name)
	}
	return nil
}

// enterprise is the place of a TRAP-TYPE: a name, or a group with one.
func (p *parser) enterprise(d *definition) (err error) {
	if p.is("{") {
		d.parent, err = p.one()
	} else {
		d.parent, err = p.name()
	}
	return err
}

// names reads { a, b, IMPLIED c }.
func (p *parser) names() ([]string, error) {
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	var all []string
	for !p.is("}") {
		if p.is(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		if p.is(".") { // Module.name
			if err := p.advance(); err != nil {
				return nil, err
			}
			if n, err = p.name(); err != nil {
				return nil, err
			}
		}
		all = append(all, n)
	}
	return all, p.advance()
}

func (p *parser) one() (string, error) {
	all, err := p.names()
	if err == nil && len(all) != 1 {
		err = p.fault("want one name in { }, got %d", len(all))
	}
	if err != nil {
		return "", err
	}
	return all[0], nil
}

func (p *parser) index(d *definition) error {
	all, err := p.names()
	implied := false
	for _, n := range all {
		if n == "IMPLIED" {
			implied = true
			continue
		}
		d.index = append(d.index, indexPart{name: n, implied: implied})
		implied = false
	}
	return err
}

// maxPlace bounds the numbers of one place.
const maxPlace = 128

// place reads { parent 1 } and { iso org(3) 6 }.
func (p *parser) place(d *definition) error {
	if err := p.expect("{"); err != nil {
		return err
	}
	for first := true; !p.is("}"); first = false {
		switch p.tok.kind {
		case tokenNumber:
			if err := p.sub(d); err != nil {
				return err
			}
		case tokenName:
			name := p.tok.text
			if err := p.advance(); err != nil {
				return err
			}
			if p.is("(") {
				if err := p.advance(); err != nil {
					return err
				}
				if err := p.sub(d); err != nil {
					return err
				}
				if err := p.expect(")"); err != nil {
					return err
				}
			} else if first {
				d.parent = name
			} else {
				return p.fault("%s: %s stands behind numbers without a number of its own", d.name, name)
			}
		default:
			return p.fault("%s: want { parent number }, got %s", d.name, p.seen())
		}
		if len(d.subs) > maxPlace {
			return p.fault("%s: more than %d numbers", d.name, maxPlace)
		}
	}
	if d.parent == "" && len(d.subs) == 0 {
		return p.fault("%s: the place is empty", d.name)
	}
	return p.advance()
}

func (p *parser) sub(d *definition) error {
	n, err := strconv.ParseUint(p.tok.text, 10, 32)
	if err != nil {
		return p.fault("%s: %s is no number from 0 to 4294967295", d.name, p.seen())
	}
	d.subs = append(d.subs, uint32(n))
	return p.advance()
}

// trapPlace is that of RFC 2576 section 3: enterprise, 0, number; the generic
// traps of RFC 1215 are below snmpTraps.
func (p *parser) trapPlace(d *definition) error {
	if err := p.sub(d); err != nil {
		return err
	}
	if d.parent == "snmp" {
		d.parent = "snmpTraps"
		d.subs[0]++
		return nil
	}
	d.subs = []uint32{0, d.subs[0]}
	return nil
}

// syntax reads a type.
func (p *parser) syntax() (*syntax, error) {
	s := &syntax{line: p.tok.line}
	if p.is("[") { // [APPLICATION 1] IMPLICIT
		if err := p.balanced("[", "]"); err != nil {
			return nil, err
		}
	}
	if p.is("IMPLICIT") {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	switch name {
	case "SEQUENCE", "CHOICE":
		return p.sequence(s, name)
	case "OCTET", "OBJECT", "BIT":
		second, err := p.name()
		if err != nil {
			return nil, err
		}
		name += " " + second
	}
	if p.is(".") { // Module.Type
		if err := p.advance(); err != nil {
			return nil, err
		}
		if name, err = p.name(); err != nil {
			return nil, err
		}
	}
	if base, ok := baseNames[name]; ok {
		s.base = base
	} else {
		s.name = name
	}
	return s, p.refinement(s)
}

// sequence is that of a table (SEQUENCE OF Row) or of a row, which tells nothing
// that its columns do not.
func (p *parser) sequence(s *syntax, word string) (*syntax, error) {
	if p.is("OF") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		_, err := p.name()
		s.name = "SEQUENCE OF"
		return s, err
	}
	s.name = word
	return s, p.balanced("{", "}")
}

// refinement reads { up(1), down(2) }, (0..255) and (SIZE (6)).
func (p *parser) refinement(s *syntax) error {
	switch {
	case p.is("{"):
		return p.enums(s)
	case p.is("("):
		return p.size(s)
	}
	return nil
}

func (p *parser) enums(s *syntax) error {
	if err := p.advance(); err != nil {
		return err
	}
	for !p.is("}") {
		if p.is(",") {
			if err := p.advance(); err != nil {
				return err
			}
			continue
		}
		name, err := p.name()
		if err != nil {
			return err
		}
		if err := p.expect("("); err != nil {
			return err
		}
		v, err := strconv.ParseInt(p.tok.text, 10, 64)
		if err != nil {
			return p.fault("%s(%s): want a number", name, p.seen())
		}
		if err := p.advance(); err != nil {
			return err
		}
		if err := p.expect(")"); err != nil {
			return err
		}
		s.enums = append(s.enums, Enum{name, v})
	}
	return p.advance()
}

// size notes a string that always has as many octets: its index has no length.
func (p *parser) size(s *syntax) error {
	line := p.tok.line
	var seen []token
	for depth := 0; ; {
		switch {
		case p.is("("):
			depth++
		case p.is(")"):
			depth--
		case p.tok.kind == tokenEnd:
			return p.lex.fault(line, "( is not closed")
		default:
			seen = append(seen, p.tok)
		}
		if err := p.advance(); err != nil {
			return err
		}
		if depth == 0 {
			break
		}
	}
	if len(seen) == 2 && seen[0].text == "SIZE" {
		if n, err := strconv.Atoi(seen[1].text); err == nil && n > 0 && n <= 65535 {
			s.fixed = n
		}
	}
	return nil
}

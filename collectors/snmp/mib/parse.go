package mib

import (
	"strconv"
)

// parser reads modules of SMIv1 (RFC 1155, 1212, 1215) and SMIv2 (RFC 2578 to
// 2580): names, places and types. What it has no use for it passes over.
type parser struct {
	lex lexer
	tok token
	m   *module
}

// maxFile bounds a file; the largest standard one has 300 KB.
const maxFile = 8 << 20

// parseModules reads a file, which may hold several modules.
func parseModules(file string, text string) ([]*module, error) {
	p := &parser{lex: lexer{file: file, rest: text, line: 1}}
	if len(text) > maxFile {
		return nil, p.lex.fault(1, "the file is larger than %d bytes", maxFile)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var all []*module
	for p.tok.kind != tokenEnd {
		m, err := p.module()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, p.lex.fault(1, "no module: want NAME DEFINITIONS ::= BEGIN … END")
	}
	return all, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) fault(format string, args ...any) error {
	return p.lex.fault(p.tok.line, format, args...)
}

// is says whether the token at hand is this name or mark.
func (p *parser) is(text string) bool {
	return p.tok.text == text && (p.tok.kind == tokenName || p.tok.kind == tokenMark)
}

func (p *parser) expect(text string) error {
	if !p.is(text) {
		return p.fault("want %s, got %s", text, p.seen())
	}
	return p.advance()
}

func (p *parser) seen() string {
	switch p.tok.kind {
	case tokenEnd:
		return "the end of the file"
	case tokenString:
		return "a text"
	}
	return strconv.Quote(p.tok.text)
}

func (p *parser) name() (string, error) {
	if p.tok.kind != tokenName {
		return "", p.fault("want a name, got %s", p.seen())
	}
	s := p.tok.text
	return s, p.advance()
}

func (p *parser) module() (*module, error) {
	line := p.tok.line
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	p.m = &module{name: name, file: p.lex.file, line: line, imports: map[string]string{}, types: map[string]*syntax{}}
	if p.is("{") {
		if err := p.balanced("{", "}"); err != nil {
			return nil, err
		}
	}
	if err := p.expect("DEFINITIONS"); err != nil {
		return nil, err
	}
	for !p.is("::=") {
		if _, err := p.name(); err != nil { // IMPLICIT TAGS
			return nil, err
		}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("BEGIN"); err != nil {
		return nil, err
	}
	for !p.is("END") {
		if err := p.statement(); err != nil {
			return nil, err
		}
	}
	return p.m, p.advance()
}

func (p *parser) statement() error {
	switch {
	case p.is("IMPORTS"):
		return p.importList()
	case p.is("EXPORTS"):
		return p.until(";")
	case p.tok.kind == tokenEnd:
		return p.fault("module %s has no END", p.m.name)
	}
	line := p.tok.line
	name, err := p.name()
	if err != nil {
		return err
	}
	if upper(name) {
		return p.typeAssignment(name)
	}
	return p.objectAssignment(name, line)
}

func upper(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// until passes everything to a mark and the mark.
func (p *parser) until(mark string) error {
	for !p.is(mark) {
		if p.tok.kind == tokenEnd {
			return p.fault("the file ends before %s", mark)
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return p.advance()
}

// balanced passes a group in brackets.
func (p *parser) balanced(open, end string) error {
	line, depth := p.tok.line, 0
	for {
		switch {
		case p.is(open):
			depth++
		case p.is(end):
			depth--
		case p.tok.kind == tokenEnd:
			return p.lex.fault(line, "%s is not closed", open)
		}
		if err := p.advance(); err != nil || depth == 0 {
			return err
		}
	}
}

// importList reads: name, name FROM Module name FROM Module ;
func (p *parser) importList() error {
	if err := p.advance(); err != nil {
		return err
	}
	var names []string
	for !p.is(";") {
		switch {
		case p.is(","):
			if err := p.advance(); err != nil {
				return err
			}
		case p.is("FROM"):
			if err := p.advance(); err != nil {
				return err
			}
			from, err := p.name()
			if err != nil {
				return err
			}
			for _, n := range names {
				p.m.imports[n] = from
			}
			names = names[:0]
		default:
			n, err := p.name()
			if err != nil {
				return err
			}
			names = append(names, n)
		}
	}
	return p.advance()
}

// typeAssignment reads Name ::= syntax, a textual convention, or passes a macro.
func (p *parser) typeAssignment(name string) error {
	if p.is("MACRO") {
		return p.until("END")
	}
	if err := p.expect("::="); err != nil {
		return err
	}
	if !p.is("TEXTUAL-CONVENTION") {
		s, err := p.syntax()
		if err == nil {
			p.m.types[name] = s
		}
		return err
	}
	if err := p.advance(); err != nil {
		return err
	}
	hint := ""
	for !p.is("SYNTAX") {
		isHint := p.is("DISPLAY-HINT")
		if p.tok.kind == tokenEnd || p.is("::=") {
			return p.fault("textual convention %s has no SYNTAX", name)
		}
		if err := p.advance(); err != nil {
			return err
		}
		if isHint {
			hint = p.tok.text
		}
	}
	if err := p.advance(); err != nil {
		return err
	}
	s, err := p.syntax()
	if err != nil {
		return err
	}
	s.hint = hint
	p.m.types[name] = s
	return nil
}

// objectAssignment reads name CLAUSES ::= { place } and TRAP-TYPE's ::= number.
func (p *parser) objectAssignment(name string, line int) error {
	d := &definition{name: name, line: line}
	macro, err := p.name()
	if err != nil {
		return p.lex.fault(line, "%s: want OBJECT IDENTIFIER, OBJECT-TYPE or another macro of SMI, got %s", name, p.seen())
	}
	switch macro {
	case "OBJECT":
		err = p.expect("IDENTIFIER")
	case "OBJECT-TYPE":
		d.kind = KindScalar
		err = p.clauses(d)
	case "NOTIFICATION-TYPE", "TRAP-TYPE":
		d.kind = KindNotification
		err = p.clauses(d)
	case "MODULE-IDENTITY", "OBJECT-IDENTITY", "OBJECT-GROUP", "NOTIFICATION-GROUP", "MODULE-COMPLIANCE", "AGENT-CAPABILITIES":
		err = p.pass()
	default: // name Type ::= value
		return p.lex.fault(line, "%s: %s is no macro of SMI", name, macro)
	}
	if err != nil {
		return err
	}
	if err := p.expect("::="); err != nil {
		return err
	}
	if macro == "TRAP-TYPE" {
		err = p.trapPlace(d)
	} else {
		err = p.place(d)
	}
	if err == nil {
		p.m.defs = append(p.m.defs, d)
	}
	return err
}

// pass goes to the ::= of a macro.
func (p *parser) pass() error {
	for !p.is("::=") {
		if p.tok.kind == tokenEnd || p.is("END") {
			return p.fault("want ::= { place }, got %s", p.seen())
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return nil
}

package logs

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// perlDepth is the number that may stand behind perlcode.
var perlDepth = regexp.MustCompile(`^([0-3])\s+`)

// perlcode reads assignments of text to variables: what the manual calls its
// intended use. Other code has to be rewritten.
func (p *swatchParser) perlcode(s statement) {
	code := s.value
	if m := perlDepth.FindStringSubmatch(code); m != nil {
		code = code[len(m[0]):]
	}
	v := &perlAssign{perlCondition: perlCondition{src: code, vars: p.vars}}
	for v.skip() {
		if v.take(";") {
			continue
		}
		name, value, err := v.assignment()
		if err == nil && len(value) > MaxPattern {
			err = errors.New("the text is too long")
		}
		if err != nil {
			p.fault(s.val, "perlcode: %v; only variables with text are known here: perlcode my $name = 'text';", err)
			return
		}
		p.vars[name] = value
		if v.lost != "" {
			p.note(s.val, "in double quotes Perl takes the backslash of %s away: write $%s = '…' with single quotes", v.lost, name)
		}
	}
}

type perlAssign struct {
	perlCondition
	lost string // an escape of expressions that double quotes have taken away
}

// assignment is [my|our|local] $name = TEXT . TEXT …;
func (v *perlAssign) assignment() (name, value string, err error) {
	v.take("my", "our", "local")
	if !v.take("$") {
		return "", "", fmt.Errorf("%q is code", v.rest())
	}
	name = identifier(v.rest())
	if name == "" {
		return "", "", errors.New("a variable has no name")
	}
	v.pos += len(name)
	if !v.take("=") {
		return "", "", fmt.Errorf("$%s is given nothing", name)
	}
	for {
		part, err := v.text()
		if err != nil {
			return "", "", err
		}
		value += part
		if v.take(".") {
			continue
		}
		if v.skip() && !v.take(";") {
			return "", "", fmt.Errorf("%q is code", v.rest())
		}
		return name, value, nil
	}
}

// text is one operand: in quotes, a pattern by qr, a number, or a variable.
func (v *perlAssign) text() (string, error) {
	if !v.skip() {
		return "", errors.New("a value is missing")
	}
	rest := v.rest()
	switch c := rest[0]; {
	case c == '\'' || strings.HasPrefix(rest, "q") && len(rest) > 1 && !isWordByte(rest[1]):
		if c == 'q' {
			v.pos++
		}
		s, _, err := v.delimited()
		return strings.ReplaceAll(s, `\\`, `\`), err
	case c == '"' || strings.HasPrefix(rest, "qq") && len(rest) > 2 && !isWordByte(rest[2]):
		if c == 'q' {
			v.pos += 2
		}
		s, _, err := v.delimited()
		if err != nil {
			return "", err
		}
		return v.doubleQuoted(s)
	case strings.HasPrefix(rest, "qr") && len(rest) > 2 && !isWordByte(rest[2]):
		v.pos += 2
		s, flags, err := v.delimited()
		if err != nil {
			return "", err
		}
		if s, err = interpolate(s, v.vars); err != nil {
			return "", err
		}
		return "(?" + perlFlags(flags) + ":" + s + ")", nil
	case c == '$':
		name := identifier(rest[1:])
		value, ok := v.vars[name]
		if !ok {
			return "", fmt.Errorf("variable $%s is not known", name)
		}
		v.pos += 1 + len(name)
		return value, nil
	case '0' <= c && c <= '9':
		word := identifier(rest)
		v.pos += len(word)
		if _, err := strconv.Atoi(word); err != nil {
			return "", fmt.Errorf("%q is no number", word)
		}
		return word, nil
	}
	return "", fmt.Errorf("%q is code", rest)
}

func perlFlags(flags string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("imsx", r) {
			return r
		}
		return -1
	}, flags)
}

// doubleQuoted reads text in Perl's double quotes: variables and escapes. An
// escape that Perl does not know is its character: "\s" is "s".
func (v *perlAssign) doubleQuoted(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			c, known := perlEscape(s[i])
			if !known && isWordByte(s[i]) {
				v.lost = s[i-1 : i+1]
			}
			b.WriteByte(c)
		case s[i] == '$':
			name, n := variable(s[i:])
			value, ok := v.vars[name]
			if n > 0 && !ok {
				return "", fmt.Errorf("variable $%s is not known", name)
			}
			if n == 0 {
				value, n = "$", 1
			}
			b.WriteString(value)
			i += n - 1
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// perlEscape is the character of an escape in double quotes.
func perlEscape(c byte) (byte, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 't':
		return '\t', true
	case 'r':
		return '\r', true
	case 'a':
		return 7, true
	case 'e':
		return 27, true
	}
	return c, false
}

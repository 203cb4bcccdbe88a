package logs

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// closing are the ends of delimiters that come in pairs.
var closing = map[byte]byte{'(': ')', '[': ']', '{': '}', '<': '>'}

// pattern is /re/flags, m!re!flags, qr{re}flags, a variable, or 1.
func (c *perlCondition) pattern() (expr, error) {
	if !c.skip() {
		return nil, errors.New("a pattern is missing (want /EXPRESSION/)")
	}
	if c.take("1") {
		return always(true), nil
	}
	if c.take("0") {
		return always(false), nil
	}
	rest := c.rest()
	if rest[0] == '$' {
		name := identifier(rest[1:])
		value, ok := c.vars[name]
		if !ok {
			return nil, fmt.Errorf("variable $%s is not known (want perlcode $%s = '…'; above)", name, name)
		}
		c.pos += 1 + len(name)
		return compilePerl(value, "")
	}
	switch {
	case rest[0] == '/':
	case strings.HasPrefix(rest, "qr") && len(rest) > 2 && !isWordByte(rest[2]):
		c.pos += 2
	case rest[0] == 'm' && len(rest) > 1 && !isWordByte(rest[1]):
		c.pos++
		c.skip()
	case rest[0] == '"' || rest[0] == '\'':
		return nil, errors.New("text in quotes is always true for Perl (want /EXPRESSION/)")
	default:
		return nil, fmt.Errorf("%q is no pattern (want /EXPRESSION/)", rest)
	}
	source, flags, err := c.delimited()
	if err != nil {
		return nil, err
	}
	source, err = interpolate(source, c.vars)
	if err != nil {
		return nil, err
	}
	if source == "" {
		return nil, errors.New("to Perl an empty pattern is the last one that matched (write /./ for every line that is not empty)")
	}
	return compilePerl(source, flags)
}

// delimited reads up to the closing delimiter, and the flags behind it. The
// delimiter loses its backslash; all other escapes stay.
func (c *perlCondition) delimited() (source, flags string, err error) {
	if c.pos >= len(c.src) {
		return "", "", errors.New("a pattern is missing (want /EXPRESSION/)")
	}
	open := c.src[c.pos]
	end, nested := closing[open]
	if !nested {
		end = open
	}
	var b strings.Builder
	depth := 0
	for i := c.pos + 1; i < len(c.src); i++ {
		ch := c.src[i]
		switch {
		case ch == '\\' && i+1 < len(c.src):
			i++
			if c.src[i] == open && !nested && strings.IndexByte("/!#,;:%@~'\"=&`", open) >= 0 {
				b.WriteByte(open)
				continue
			}
			b.WriteByte('\\')
			b.WriteByte(c.src[i])
			continue
		case nested && ch == open:
			depth++
		case ch == end && depth > 0:
			depth--
		case ch == end:
			c.pos = i + 1
			n := 0
			for n < len(c.rest()) && 'a' <= c.rest()[n] && c.rest()[n] <= 'z' {
				n++
			}
			flags = c.rest()[:n]
			// A word behind the pattern is an operator, not flags.
			for _, word := range []string{"and", "or", "not"} {
				if flags == word {
					flags, n = "", 0
				}
			}
			c.pos += n
			for _, f := range flags {
				if !strings.ContainsRune("imsxgocadlun", f) {
					return "", "", fmt.Errorf("flag %q of a pattern is not known", f)
				}
			}
			return b.String(), flags, nil
		}
		b.WriteByte(ch)
	}
	return "", "", fmt.Errorf("the pattern has no end (want a %c)", end)
}

func identifier(s string) string {
	n := 0
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	return s[:n]
}

// variable reads $name or ${name} at the beginning of s and says how long it is;
// 0: that is none.
func variable(s string) (name string, length int) {
	if strings.HasPrefix(s, "${") {
		name = identifier(s[2:])
		if !strings.HasPrefix(s[2+len(name):], "}") {
			return "", 0
		}
		length = len(name) + 3
	} else {
		name = identifier(s[1:])
		length = len(name) + 1
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "", 0
	}
	return name, length
}

// interpolate puts variables into a pattern. A $ that ends a group, an
// alternative or the pattern is an anchor.
func interpolate(s string, vars map[string]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) {
			b.WriteString(s[i : i+2])
			i += 2
			continue
		}
		name, n := "", 0
		if s[i] == '$' {
			name, n = variable(s[i:])
		}
		if n == 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		value, ok := vars[name]
		if !ok {
			return "", fmt.Errorf("variable $%s is not known (want perlcode $%s = '…'; above, or \\$ for a dollar sign)", name, name)
		}
		if b.Len()+len(value) > MaxPattern {
			return "", errors.New("variables make the pattern too long")
		}
		b.WriteString(value)
		i += n
	}
	return b.String(), nil
}

// compilePerl compiles a pattern of Perl; as an expr, so that no nil pointer is
// taken for one.
func compilePerl(source, flags string) (expr, error) {
	if !utf8.ValidString(source) {
		return nil, errors.New("the pattern is not UTF-8")
	}
	p, err := compilePattern(source, flags)
	if err != nil {
		return nil, fmt.Errorf("pattern /%s/: %w", source, err)
	}
	return p, nil
}

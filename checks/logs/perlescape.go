package logs

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// perlEscapes are spelt the same way for both engines.
var perlEscapes = map[byte]string{
	'd': `[0-9]`, 'D': `[^0-9]`, 'w': `[0-9A-Za-z_]`, 'W': `[^0-9A-Za-z_]`, 's': `[ \t\n\r\f\x0b]`, 'S': `[^ \t\n\r\f\x0b]`,
	'h': `[ \t]`, 'H': `[^ \t]`, 'v': `[\n\r\f\x0b]`, 'V': `[^\n\r\f\x0b]`, 'R': `(?:\r\n|[\n\r\f\x0b])`, 'N': `[^\n]`,
	'e': `\x1b`, 'a': `\x07`, 't': `\t`, 'n': `\n`, 'r': `\r`, 'f': `\f`,
}

// inClass are the same without their brackets; those that deny are refused there
// by their absence, except the usual three.
var inClass = map[byte]string{
	'd': `0-9`, 'w': `0-9A-Za-z_`, 's': ` \t\n\r\f\x0b`, 'h': ` \t`, 'v': `\n\r\f\x0b`, 'D': `\D`, 'W': `\W`, 'S': `\S`,
	'e': `\x1b`, 'a': `\x07`, 't': `\t`, 'n': `\n`, 'r': `\r`, 'f': `\f`, 'b': `\x08`,
}

// escape reads what begins with a backslash, outside of a class.
func (p *perlSyntax) escape() error {
	if p.pos+1 >= len(p.src) {
		return errors.New("a backslash ends the expression")
	}
	c := p.src[p.pos+1]
	if s, ok := perlEscapes[c]; ok {
		p.pos += 2
		p.piece(s, s)
		return nil
	}
	switch c {
	case 'b', 'B':
		p.pos += 2
		// The backtracking engine's own borders of words know all of Unicode.
		p.emit(map[byte]string{'b': asciiBorder, 'B': asciiNoBorder}[c], `\`+string(c))
		p.atomEnd = false
		return nil
	case 'A', 'z', 'Z', 'G', 'K':
		p.pos += 2
		p.both(map[byte]string{'A': `\A`, 'z': `\z`, 'Z': `\z`, 'G': `\A`, 'K': ``}[c])
		p.atomEnd = false
		return nil
	case 'Q':
		p.pos += 2
		text, _, _ := strings.Cut(p.rest(), `\E`)
		p.pos = min(p.pos+len(text)+2, len(p.src))
		for _, r := range text {
			p.piece(quoteRune(r), quoteRune(r))
		}
		return nil
	case 'E':
		p.pos += 2
		return nil
	case 'g', 'k':
		return p.reference()
	case 'p', 'P':
		return p.property(false)
	}
	if c >= '1' && c <= '9' {
		return p.digits()
	}
	r, err := p.character()
	if err == nil {
		p.piece(quoteRune(r), quoteRune(r))
	}
	return err
}

// Borders of words as Perl sees them in bytes.
const (
	asciiBorder   = `(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))`
	asciiNoBorder = `(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))`
)

// quoteRune writes a character that means itself.
func quoteRune(r rune) string {
	if r < utf8.RuneSelf && r > ' ' && !isWordByte(byte(r)) {
		return `\` + string(r)
	}
	if r < ' ' || r == 0x7f {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return string(r)
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// escapedCode is a character by its number.
var escapedCode = regexp.MustCompile(`^\\(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]{1,7})\}|0([0-7]{0,2})|c([@-_a-z]))`)

// character reads an escaped character, in a class or not.
func (p *perlSyntax) character() (rune, error) {
	m := escapedCode.FindStringSubmatch(p.rest())
	if m == nil {
		r, n := utf8.DecodeRuneInString(p.rest()[1:])
		if n == 1 && isWordByte(byte(r)) && r != '_' {
			return 0, fmt.Errorf("\\%c is not known here", r)
		}
		p.pos += 1 + n
		return r, nil
	}
	p.pos += len(m[0])
	if m[5] != "" {
		return rune(strings.ToUpper(m[5])[0] ^ 64), nil
	}
	text, base := m[1]+m[2], 16
	if m[3] != "" || strings.HasPrefix(m[0], `\0`) {
		text, base = m[3]+m[4], 8
	}
	n, err := strconv.ParseInt("0"+text, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, fmt.Errorf("%s is no character", m[0])
	}
	return rune(n), nil
}

// digits is \1, or an octal number when there is no such group, as perlre says.
func (p *perlSyntax) digits() error {
	end := p.pos + 1
	for end < len(p.src) && '0' <= p.src[end] && p.src[end] <= '9' {
		end++
	}
	ref := p.src[p.pos+1 : end]
	if n, _ := strconv.Atoi(ref); n > 9 && n >= len(p.names) {
		return fmt.Errorf("group %s does not exist before here", ref)
	}
	p.pos = end
	return p.back(ref)
}

// reference is \g1, \g{-1}, \g{name}, \k<name>, \k{name} or \k'name'.
func (p *perlSyntax) reference() error {
	m := namedReference.FindStringSubmatch(p.rest())
	if m == nil {
		return errors.New("want \\g{NUMBER} or \\k<NAME>")
	}
	p.pos += len(m[0])
	return p.back(m[1] + m[2] + m[3] + m[4])
}

var namedReference = regexp.MustCompile(`^\\[gk](?:\{(-?\w+)\}|<(\w+)>|'(\w+)'|(-?\d+))`)

// property is \p{…}: both engines know general categories and scripts.
func (p *perlSyntax) property(inside bool) error {
	m := unicodeProperty.FindString(p.rest())
	if m == "" {
		return errors.New(`want \p{NAME}`)
	}
	p.pos += len(m)
	if len(m) == 3 {
		m = m[:2] + "{" + m[2:] + "}"
	}
	if inside {
		p.both(m)
	} else {
		p.piece(m, m)
	}
	return nil
}

var unicodeProperty = regexp.MustCompile(`^\\[pP](?:\{\^?\w+\}|[A-Z])`)

// class copies [...]: the same for both engines once [ and odd escapes are
// written out.
func (p *perlSyntax) class() error {
	p.piece("[", "[")
	p.pos++
	if p.take("^") {
		p.both("^")
	}
	for first := true; ; first = false {
		switch {
		case p.pos >= len(p.src):
			return errors.New("a class is not closed (want a ] at its end)")
		case p.src[p.pos] == ']' && !first:
			p.pos++
			p.both("]")
			return nil
		case posixClass.MatchString(p.rest()):
			name := posixClass.FindString(p.rest())
			p.pos += len(name)
			p.both(name)
		case p.src[p.pos] == '\\':
			if err := p.classEscape(); err != nil {
				return err
			}
		default:
			r, n := utf8.DecodeRuneInString(p.rest())
			p.pos += n
			if r == '-' {
				p.both("-")
			} else {
				p.both(quoteRune(r))
			}
		}
	}
}

var posixClass = regexp.MustCompile(`^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]`)

func (p *perlSyntax) classEscape() error {
	if p.pos+1 >= len(p.src) {
		return errors.New("a backslash ends the expression")
	}
	c := p.src[p.pos+1]
	if s, ok := inClass[c]; ok {
		p.pos += 2
		p.both(s)
		return nil
	}
	if c == 'p' || c == 'P' {
		return p.property(true)
	}
	if c >= '1' && c <= '7' { // octal inside of a class
		m := regexp.MustCompile(`^\\[0-7]{1,3}`).FindString(p.rest())
		p.pos += len(m)
		n, _ := strconv.ParseInt(m[1:], 8, 32)
		p.both(quoteRune(rune(n)))
		return nil
	}
	r, err := p.character()
	if err == nil {
		p.both(quoteRune(r))
	}
	return err
}

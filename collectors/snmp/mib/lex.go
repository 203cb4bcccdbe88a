package mib

import (
	"fmt"
	"strings"
)

// token is one word of SMI's subset of ASN.1.
type token struct {
	kind tokenKind
	text string
	line int
}

type tokenKind byte

const (
	tokenEnd    tokenKind = iota
	tokenName             // identifiers and keywords
	tokenNumber           // with a minus
	tokenString           // without its quotes; also '...'H and '...'B
	tokenMark             // ::= .. { } ( ) [ ] , ; |
)

// lexer takes a file apart. A comment ends with its line: that "--" may end it
// too is a rule that the rulers drawn in real files break.
type lexer struct {
	file string
	rest string
	line int
}

func (l *lexer) fault(line int, format string, args ...any) error {
	return &Fault{File: l.file, Line: line, Problem: fmt.Sprintf(format, args...)}
}

func (l *lexer) next() (token, error) {
	l.skip()
	if l.rest == "" {
		return token{kind: tokenEnd, line: l.line}, nil
	}
	c := l.rest[0]
	switch {
	case letter(c):
		return l.take(tokenName, span(l.rest, func(c byte) bool { return letter(c) || digit(c) || c == '-' || c == '_' })), nil
	case digit(c) || c == '-' && len(l.rest) > 1 && digit(l.rest[1]):
		return l.take(tokenNumber, 1+span(l.rest[1:], digit)), nil
	case c == '"':
		return l.quoted()
	case c == '\'':
		end := strings.IndexByte(l.rest[1:], '\'')
		if end < 0 || strings.ContainsRune(l.rest[:end+1], '\n') || len(l.rest) < end+3 {
			return token{}, l.fault(l.line, "a quote ' is not closed")
		}
		return l.take(tokenString, end+3), nil
	case strings.HasPrefix(l.rest, "::="):
		return l.take(tokenMark, 3), nil
	case strings.HasPrefix(l.rest, ".."):
		return l.take(tokenMark, 2), nil
	case strings.IndexByte("{}()[],;|.:<>=^-*", c) >= 0:
		return l.take(tokenMark, 1), nil
	}
	return token{}, l.fault(l.line, "unexpected character %q", rune(c))
}

// skip passes white space and comments.
func (l *lexer) skip() {
	for l.rest != "" {
		switch {
		case l.rest[0] == '\n':
			l.line++
			l.rest = l.rest[1:]
		case l.rest[0] <= ' ', strings.HasPrefix(l.rest, "\u00a0"):
			l.rest = l.rest[1:]
		case strings.HasPrefix(l.rest, "--"):
			end := strings.IndexByte(l.rest, '\n')
			if end < 0 {
				end = len(l.rest)
			}
			l.rest = l.rest[end:]
		default:
			return
		}
	}
}

func (l *lexer) take(kind tokenKind, n int) token {
	t := token{kind: kind, text: l.rest[:n], line: l.line}
	l.rest = l.rest[n:]
	return t
}

func (l *lexer) quoted() (token, error) {
	end := strings.IndexByte(l.rest[1:], '"')
	if end < 0 {
		return token{}, l.fault(l.line, "a text in \" is not closed")
	}
	t := token{kind: tokenString, text: l.rest[1 : 1+end], line: l.line}
	l.line += strings.Count(t.text, "\n")
	l.rest = l.rest[end+2:]
	return t, nil
}

func span(s string, ok func(byte) bool) int {
	n := 0
	for n < len(s) && ok(s[n]) {
		n++
	}
	return n
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of one file. They keep a mistaken or hostile file from taking the
// memory of the server: the parser needs about 1 KB for a value.
const (
	MaxFileBytes   = 16 << 20 // of one file
	maxMarks       = 1 << 20  // characters that begin or end a value
	maxDepth       = 100      // mappings and lists inside each other
	maxAliasValues = 100_000  // values that aliases may add
	// maxSiblings bounds the keys of one block mapping: the parser calls itself
	// for each, and its time grows with their square (1 s of CPU for 10 000).
	maxSiblings = 20_000
)

// ParseBytes reads one YAML document. JSON is YAML. The error is a Faults. An
// empty file is an empty mapping.
func ParseBytes(file string, raw []byte) (*Node, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkBytes(file, raw); err != nil {
		return nil, err
	}
	doc, err := parseDocument(file, raw)
	if err != nil {
		return nil, err
	}
	c := &converter{file: file, anchors: map[string]*Node{}}
	root := c.node(doc, "", 0)
	if root.Kind == Null {
		root.Kind, root.Place = Map, Place{File: file, Line: 1, Col: 1}
	}
	return root, c.faults.Err()
}

// checkBytes refuses what must not reach the parser.
func checkBytes(file string, raw []byte) error {
	if len(raw) > MaxFileBytes {
		return faultAt(file, 1, 1, "the file is too large (got %d bytes; want at most %d)", len(raw), MaxFileBytes)
	}
	marks, line := 0, 1
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return faultAt(file, line, 1+utf8.RuneCount(raw[bytes.LastIndexByte(raw[:i], '\n')+1:i]), "the file is not UTF-8 (got byte 0x%02x); save it as UTF-8", raw[i])
		case r == 0:
			return faultAt(file, line, 1, "the file holds a zero byte; it is not text")
		case r == '\n':
			line++
			marks++
		case strings.ContainsRune("[]{},:?&*!-", r):
			marks++
		}
		i += size
	}
	if marks > maxMarks {
		return faultAt(file, 1, 1, "the file holds too many values (want at most about %d); split it into several files of a directory", maxMarks)
	}
	return nil
}

// parseDocument calls the YAML library. A panic of the library is a fault of
// the file, not the end of the server.
func parseDocument(file string, raw []byte) (body ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			body, err = nil, faultAt(file, 1, 1, "the file cannot be read as YAML (%v)", r)
		}
	}()
	tokens := lexer.Tokenize(string(raw))
	if err := checkDepth(file, tokens); err != nil {
		return nil, err
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(file, err)
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			pos := doc.Body.GetToken().Position
			return nil, faultAt(file, pos.Line, pos.Column, "the file holds a second document (got ---; want one document a file)")
		}
		body = doc.Body
	}
	return body, nil
}

// checkDepth bounds nesting before the recursive parser meets it: a stack that
// overflows ends the process and cannot be recovered from.
func checkDepth(file string, tokens token.Tokens) error {
	flow, inline, line := 0, 0, 0
	siblings := map[int]int{} // lines that begin at a column since one began further left
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != line {
			line, inline = t.Position.Line, 0
			if flow == 0 && t.Type != token.SequenceEntryType && t.Type != token.CommentType {
				maps.DeleteFunc(siblings, func(col, _ int) bool { return col > t.Position.Column })
				siblings[t.Position.Column]++
				if siblings[t.Position.Column] > maxSiblings {
					return faultAt(file, line, t.Position.Column, "too many keys in one mapping (want at most %d); split it into several files of a directory", maxSiblings)
				}
			}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			inline++
		}
		if flow > maxDepth || inline > maxDepth || t.Position.IndentNum > 8*maxDepth {
			return faultAt(file, line, t.Position.Column, "nested too deeply (want at most %d levels)", maxDepth)
		}
	}
	return nil
}

func syntaxFault(file string, err error) error {
	yerr, ok := errors.AsType[yaml.Error](err)
	if !ok {
		return faultAt(file, 1, 1, "not YAML: %v", err)
	}
	problem, tk := yerr.GetMessage(), yerr.GetToken()
	if strings.Contains(problem, `'\t'`) || strings.Contains(problem, "tab") {
		problem += " (indent with spaces, not tabs)"
	}
	if tk == nil || tk.Position == nil {
		return faultAt(file, 1, 1, "not YAML: %s", problem)
	}
	return faultAt(file, tk.Position.Line, tk.Position.Column, "not YAML: %s", problem)
}

func faultAt(file string, line, col int, format string, args ...any) error {
	return Faults{{Place: Place{file, line, col}, Problem: fmt.Sprintf(format, args...)}}
}

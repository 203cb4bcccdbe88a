package logs

import (
	"fmt"
	"strconv"
	"strings"
)

// perlTemplate reads text in which Perl would fill in $1 and variables.
func (p *swatchParser) perlTemplate(s string) (template, error) {
	var out template
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			c, _ := perlEscape(s[i])
			out = out.add(string([]byte{c}))
		case s[i] == '$' && i+1 < len(s):
			piece, n, err := p.perlPlaceholder(s[i+1:])
			if err != nil {
				return nil, err
			}
			if piece.what == isText {
				out = out.add(piece.text)
			} else {
				out = append(out, piece)
			}
			i += n
		default:
			out = out.add(s[i : i+1])
		}
	}
	return out, nil
}

// perlPlaceholder reads what stands behind a $, and how long it is.
func (p *swatchParser) perlPlaceholder(s string) (piece, int, error) {
	if s[0] == '*' {
		return piece{what: isLine}, 1, nil
	}
	word, extra := identifier(s), 0
	if strings.HasPrefix(s, "{") {
		word, extra = identifier(s[1:]), 2
		if len(s) < len(word)+2 || s[len(word)+1] != '}' {
			return piece{}, 0, fmt.Errorf("$%s stands for nothing", s)
		}
	}
	if word != "" && word[0] >= '0' && word[0] <= '9' && extra == 0 {
		n := 0
		for n < len(word) && word[n] >= '0' && word[n] <= '9' {
			n++
		}
		word = word[:n]
	}
	if word == "_" || word == "0" {
		return piece{what: isLine}, len(word) + extra, nil
	}
	if n, err := strconv.Atoi(word); err == nil {
		what := isGroup
		if p.options.AwkFields {
			what = isField
		}
		return piece{what: what, group: n}, len(word) + extra, nil
	}
	if value, ok := p.vars[word]; ok {
		return piece{text: value}, len(word) + extra, nil
	}
	if word == "" {
		return piece{}, 0, fmt.Errorf("$%c stands for nothing here (want $0 for the line, $1 for a group; \\$ for a dollar sign)", s[0])
	}
	return piece{}, 0, fmt.Errorf("variable $%s is not known (want $0 for the line, $1 for a group, or perlcode $%s = '…'; above)", word, word)
}

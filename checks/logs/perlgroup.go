package logs

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// flagGroup is (?i), (?i-m:…) and (?^i:…).
var flagGroup = regexp.MustCompile(`^\(\?(\^?)([a-z]*)(?:-([a-z]*))?([:)])`)

// open begins a group of any kind.
func (p *perlSyntax) open() error {
	switch {
	case p.take("(?#"):
		_, err := p.until(")")
		return err
	case p.take("(?:"):
		return p.push("(?:", "(?:", false)
	case p.take("(?>"):
		return p.push("(?>", "(?:", false)
	case p.take("(?="):
		return p.push("(?=", "(?:", true)
	case p.take("(?!"):
		return p.push("(?!", "(?:", true)
	case p.take("(?<="):
		return p.push("(?<=", "(?:", true)
	case p.take("(?<!"):
		return p.push("(?<!", "(?:", true)
	case p.take("(?P<"), p.take("(?<"):
		return p.named(">")
	case p.take("(?'"):
		return p.named("'")
	case p.take("(?P="):
		name, err := p.until(")")
		if err != nil {
			return err
		}
		return p.back(name)
	case p.take("(?("):
		return p.condition()
	}
	if m := flagGroup.FindStringSubmatch(p.rest()); m != nil {
		return p.flags(m)
	}
	for _, odd := range []string{"(?|", "(?R", "(?0", "(?1", "(?&", "(?P>", "(?{", "(??", "(*", "(?+", "(?-"} {
		if strings.HasPrefix(p.rest(), odd) {
			return fmt.Errorf("%s…) is not known here: neither recursion, code, verbs nor branch reset are", odd)
		}
	}
	if strings.HasPrefix(p.rest(), "(?") {
		return errors.New("this kind of group is not known (write \\( to mean the character)")
	}
	p.pos++
	return p.capture("")
}

func (p *perlSyntax) named(end string) error {
	name, err := p.until(end)
	if err != nil {
		return err
	}
	if !groupName.MatchString(name) {
		return fmt.Errorf("group name %q (want letters, digits and _)", name)
	}
	return p.capture(name)
}

var groupName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// condition is (?(1)yes|no): for the filter either way will do.
func (p *perlSyntax) condition() error {
	for _, look := range []string{"?=", "?!", "?<"} {
		if strings.HasPrefix(p.rest(), look) {
			return errors.New("a look-around as a condition is not known here (want (?(1)yes|no))")
		}
	}
	ref, err := p.until(")")
	if err != nil {
		return err
	}
	n, err := p.number(strings.Trim(ref, "<>'"))
	if err != nil {
		return err
	}
	// Without an "else" the group may be empty.
	return p.push("(?("+n+")", "(?:|", false)
}

// flags is (?i) or (?i:…). The flag x is ours: neither engine sees it.
func (p *perlSyntax) flags(m []string) error {
	p.pos += len(m[0])
	before := p.spaced
	if m[1] != "" || strings.Contains(m[3], "x") {
		p.spaced = false
	}
	if strings.Contains(m[2], "x") {
		p.spaced = true
	}
	on, off := keepFlags(m[2]), keepFlags(m[3])
	if m[1] != "" {
		for _, f := range "ims" {
			if !strings.ContainsRune(on, f) {
				off += string(f)
			}
		}
	}
	text := on
	if off != "" {
		text += "-" + off
	}
	if m[4] == ")" {
		if text != "" {
			p.both("(?" + text + ")")
		}
		p.atomEnd = false
		return nil
	}
	inner := p.spaced
	p.spaced = before // what push remembers
	err := p.push("(?"+text+":", "(?"+text+":", false)
	p.spaced = inner
	return err
}

// keepFlags leaves those that both engines know and mean alike.
func keepFlags(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, s)
}

package logs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// options are what stands behind an action: text by position, and name=value.
type options struct {
	plain []string
	named map[string]string
}

// knownOptions may stand behind a command; anything else belongs to it.
var knownOptions = []string{"when", "threshold", "thresholding", "track_by", "type", "count", "seconds", "keep_open", "command", "message"}

var namedOption = regexp.MustCompile(`^\s*(\w+)\s*=\s*(.*)$`)

// splitOptions cuts at commas outside of quotes.
func splitOptions(value string) []string {
	var out []string
	quote, from := byte(0), 0
	for i := range len(value) {
		switch c := value[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		case c == ',' && quote == 0:
			out = append(out, value[from:i])
			from = i + 1
		}
	}
	return append(out, value[from:])
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] && strings.IndexByte(s[1:len(s)-1], s[0]) < 0 {
		return strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// readOptions reads them. Of a command only what swatch knows is taken off its end.
func readOptions(value string, command bool) options {
	o := options{named: map[string]string{}}
	parts := splitOptions(value)
	for i := len(parts) - 1; i >= 0; i-- {
		m := namedOption.FindStringSubmatch(parts[i])
		bare := strings.ToLower(strings.TrimSpace(parts[i]))
		switch {
		case m != nil && (!command || slices.Contains(knownOptions, strings.ToLower(m[1]))):
			o.named[strings.ToLower(m[1])] = unquote(m[2])
		case command && bare == "keep_open":
			o.named["keep_open"] = "1"
		case command:
			o.plain = []string{unquote(strings.Join(parts[:i+1], ","))}
			return o
		case bare != "":
			o.plain = append([]string{unquote(parts[i])}, o.plain...)
		}
	}
	return o
}

// action adds one to the rule at hand.
func (p *swatchParser) action(key string, s statement) {
	if err := p.addAction(key, s); err != nil {
		p.fault(s.at, "%s: %v", key, err)
	}
}

func (p *swatchParser) addAction(key string, s statement) error {
	r := p.open
	value := s.value
	if key != "exec" && key != "pipe" { // what looks like a comment behind a command belongs to it
		if i := strings.Index(value, " #"); i >= 0 {
			value = value[:i]
		}
	}
	o := readOptions(value, key == "exec" || key == "pipe")
	switch key {
	case "continue":
		r.stop = false
		return nil
	case "threshold":
		g, err := p.threshold(o)
		if err == nil {
			r.gates = append([]*gate{g}, slices.DeleteFunc(r.gates, func(g *gate) bool { return g.kind != gateThrottle })...)
		}
		return err
	case "throttle":
		g, err := p.throttle(o)
		if err == nil {
			r.gates = append(slices.DeleteFunc(r.gates, func(g *gate) bool { return g.kind == gateThrottle }), g)
		}
		return err
	}
	a := actionSpec{kind: ActionKind(key), rings: 1}
	if err := p.fillAction(&a, o); err != nil {
		return err
	}
	if err := p.actionOptions(&a, o); err != nil {
		return err
	}
	if a.kind != ActionBell {
		a.rings = 0
	}
	r.actions = append(r.actions, a)
	return nil
}

// fillAction reads what an action of a kind takes.
func (p *swatchParser) fillAction(a *actionSpec, o options) (err error) {
	first := ""
	if len(o.plain) > 0 {
		first = o.plain[0]
	}
	switch a.kind {
	case ActionEcho:
		for _, mode := range o.plain {
			a.modes = append(a.modes, strings.Fields(strings.ToLower(mode))...)
		}
	case ActionBell:
		if v := first + o.named["rings"]; v != "" {
			if a.rings, err = strconv.Atoi(v); err != nil || a.rings < 1 || a.rings > 100 {
				return fmt.Errorf("%q rings (want a number from 1 to 100)", v)
			}
		}
	case ActionExec, ActionPipe:
		command := first + o.named["command"]
		a.argv, err = parseCommand(command, p.perlTemplate)
		if a.keepOpen = o.named["keep_open"] != ""; a.keepOpen {
			p.note(p.open.Place, "keep_open: the program is started for each line, and reads that one")
		}
	case ActionMail:
		if a.to, err = p.addresses(first + o.named["addresses"]); err != nil {
			return err
		}
		subject := "Message from the log"
		if v, ok := o.named["subject"]; ok {
			subject = v
		}
		a.subject, err = p.perlTemplate(subject)
	case ActionWrite:
		if a.to, err = p.addresses(first + o.named["users"]); err == nil && len(a.to) == 0 {
			err = errors.New("no user is named (want write USER:USER)")
		}
	case ActionQuit:
	default:
		return fmt.Errorf("the action is not known (want echo, bell, exec, mail, pipe, write, threshold, throttle, continue or quit)")
	}
	return err
}

// addresses are separated by colons.
func (p *swatchParser) addresses(s string) ([]string, error) {
	t, err := p.perlTemplate(s)
	if err != nil {
		return nil, err
	}
	if t.variable() {
		return nil, errors.New("the address comes from the line: whoever writes the log would choose who is told")
	}
	return strings.FieldsFunc(t.fill(filling{}), func(r rune) bool { return r == ':' || r == ' ' || r == '\t' }), nil
}

// actionOptions reads what every action takes.
func (p *swatchParser) actionOptions(a *actionSpec, o options) (err error) {
	if v, ok := o.named["when"]; ok {
		if a.when, err = parseHours(v); err != nil {
			return err
		}
	}
	if v, ok := o.named["message"]; ok {
		if a.text, err = p.perlTemplate(v); err != nil {
			return err
		}
	}
	if v := o.named["threshold"] + o.named["thresholding"]; strings.EqualFold(v, "on") {
		a.gate, err = p.threshold(o)
	}
	return err
}

package logs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
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

// threshold reads type, count, seconds and track_by.
func (p *swatchParser) threshold(o options) (*gate, error) {
	g := &gate{swatch: true}
	kinds := map[string]gateKind{"limit": gateLimit, "threshold": gateThreshold, "both": gateBoth}
	kind, ok := kinds[o.named["type"]]
	if !ok {
		return nil, fmt.Errorf("type %q (want limit, threshold or both)", o.named["type"])
	}
	g.kind = kind
	count, err := strconv.Atoi(o.named["count"])
	if err != nil || count < 1 {
		return nil, fmt.Errorf("count %q (want a whole number from 1)", o.named["count"])
	}
	seconds, err := strconv.Atoi(o.named["seconds"])
	if err != nil || seconds < 0 || seconds > maxSpanSeconds {
		return nil, fmt.Errorf("seconds %q (want a whole number from 0)", o.named["seconds"])
	}
	g.count, g.within = count, time.Duration(seconds)*time.Second
	if v, ok := o.named["track_by"]; ok {
		if g.by, err = p.perlTemplate(v); err != nil {
			return nil, fmt.Errorf("track_by: %w", err)
		}
	}
	return g, nil
}

// maxSpanSeconds is a century.
const maxSpanSeconds = 100 * 366 * 24 * 3600

// throttle reads [days:]hours:minutes:seconds and a key.
func (p *swatchParser) throttle(o options) (*gate, error) {
	span := o.named["delay"]
	if len(o.plain) > 0 {
		span = o.plain[0]
	}
	seconds := 0
	units := []int{86400, 3600, 60, 1}
	fields := strings.Split(span, ":")
	if len(fields) > len(units) {
		return nil, fmt.Errorf("%q (want hours:minutes:seconds)", span)
	}
	for i, f := range fields {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || n < 0 || n > maxSpanSeconds/86400 {
			return nil, fmt.Errorf("%q (want hours:minutes:seconds)", span)
		}
		seconds += n * units[len(units)-len(fields)+i]
	}
	g := &gate{kind: gateThrottle, within: time.Duration(seconds) * time.Second, swatch: true}
	if key, ok := o.named["key"]; ok && key != "log" {
		by, err := p.perlTemplate(key)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		g.by = append(template{}, by...)
	}
	return g, nil
}

// parseHours reads DAYS:HOURS, each * or a number or a range.
func parseHours(s string) (*hours, error) {
	days, hoursText, ok := strings.Cut(s, ":")
	if !ok {
		hoursText = "*"
	}
	var h hours
	var err error
	if h.days, err = parseRanges(days, 6); err == nil {
		h.hours, err = parseRanges(hoursText, 23)
	}
	if err != nil {
		return nil, fmt.Errorf("when=%s: %w (want days 0-6 from Sunday, a colon, hours 0-23, such as 1-5:8-17)", s, err)
	}
	return &h, nil
}

func parseRanges(s string, most int) ([][2]int, error) {
	if s = strings.TrimSpace(s); s == "*" {
		return nil, nil
	}
	out := [][2]int{}
	for _, field := range strings.Split(s, ",") {
		low, high, isRange := strings.Cut(field, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.Atoi(strings.TrimSpace(low))
		to, err2 := strconv.Atoi(strings.TrimSpace(high))
		if err != nil || err2 != nil || from < 0 || to > most {
			return nil, fmt.Errorf("%q is no range", field)
		}
		out = append(out, [2]int{from, to})
	}
	return out, nil
}

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

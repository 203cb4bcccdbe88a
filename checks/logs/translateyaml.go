package logs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"monitord/internal/config"
)

// native is one rule to be written.
type native struct {
	cond    nativeCond
	rule    *Rule
	actions []actionSpec
	name    string
	last    bool // of the rules that one of swatch became
}

// nativeWriter writes keys, and remembers the first thing that cannot be said.
type nativeWriter struct {
	strings.Builder
	first bool
	err   error
}

func (w *nativeWriter) key(name, value string) {
	lead := "    "
	if w.first {
		lead, w.first = "  - ", false
	}
	fmt.Fprintf(w, "%s%s: %s\n", lead, name, value)
}

// yaml writes the rule.
func (n *native) yaml() ([]byte, error) {
	w := &nativeWriter{first: true}
	fmt.Fprintf(w, "  # %s:%d\n", oneLine(n.rule.Place.File), n.rule.Place.Line)
	kind := "match"
	if n.rule.ignore {
		kind = "ignore"
	}
	w.key(kind, quotedOrList(n.cond.match))
	w.key("name", quoted(n.name))
	if len(n.cond.except) > 0 {
		w.key("except", quotedOrList(n.cond.except))
	}
	if n.rule.stop && !n.rule.ignore && n.last {
		w.key("stop", "true")
	}
	n.gates(w)
	for i := range n.actions {
		n.action(w, &n.actions[i])
	}
	return []byte(w.String()), w.err
}

// gates writes threshold and throttle.
func (n *native) gates(w *nativeWriter) {
	gates := n.rule.gates
	if len(n.actions) > 0 && n.actions[0].gate != nil {
		gates = append([]*gate{n.actions[0].gate}, gates...)
	}
	var threshold, throttle *gate
	for _, g := range gates {
		at := &threshold
		if g.kind == gateThrottle {
			at = &throttle
		}
		if *at != nil {
			w.err = errors.Join(w.err, errors.New("threshold: a rule of ours has one, and this action would have two"))
		}
		*at = g
	}
	if throttle != nil {
		if throttle.within < time.Second {
			w.err = errors.Join(w.err, errors.New("throttle: ours is 1s at least"))
		}
		if throttle.by != nil {
			w.key("by", w.template(throttle.by))
			if threshold != nil && threshold.by == nil {
				w.err = errors.Join(w.err, errors.New("threshold and throttle with a key: the threshold would be counted by the key too (give it track_by)"))
			}
		}
		w.key("throttle", config.FormatDuration(throttle.within))
	}
	if threshold == nil {
		return
	}
	kind := map[gateKind]string{gateLimit: "limit", gateThreshold: "threshold", gateBoth: "both"}[threshold.kind]
	by := ""
	if threshold.by != nil {
		by = ", by: " + w.template(threshold.by)
	}
	w.key("threshold", fmt.Sprintf("{type: %s, count: %d, within: %s%s, swatch: true}", kind, threshold.count, config.FormatDuration(threshold.within), by))
}

// action writes one.
func (n *native) action(w *nativeWriter, a *actionSpec) {
	if a == &n.actions[0] {
		if a.when != nil {
			w.key("when", quoted(formatRanges(a.when.days)+":"+formatRanges(a.when.hours)))
		}
		if a.text != nil {
			w.key("message", w.template(a.text))
		}
	}
	switch a.kind {
	case ActionEcho:
		w.key("echo", "true")
	case ActionBell:
		w.key("bell", strconv.Itoa(a.rings))
	case ActionExec, ActionPipe:
		var words []string
		for _, t := range a.argv {
			words = append(words, w.template(t))
		}
		w.key(string(a.kind), "["+strings.Join(words, ", ")+"]")
	case ActionMail, ActionWrite:
		if len(a.to) == 0 {
			w.err = errors.Join(w.err, fmt.Errorf("%s: nobody is named, which is whoever runs swatchdog (name somebody)", a.kind))
		}
		w.key(string(a.kind), quotedList(a.to))
	}
}

// template writes one in our placeholders.
func (w *nativeWriter) template(t template) string {
	var b strings.Builder
	for _, p := range t {
		switch p.what {
		case isText:
			b.WriteString(strings.ReplaceAll(p.text, "$", "$$"))
		case isLine, isMessage:
			b.WriteString("$0")
		case isGroup:
			fmt.Fprintf(&b, "${%d}", p.group)
		default:
			w.err = errors.Join(w.err, fmt.Errorf("$%d is a word of the line: a rule of ours has none (put a group around it in the expression)", p.group))
		}
	}
	return quoted(b.String())
}

func formatRanges(ranges [][2]int) string {
	if ranges == nil {
		return "*"
	}
	var out []string
	for _, r := range ranges {
		if r[0] == r[1] {
			out = append(out, strconv.Itoa(r[0]))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", r[0], r[1]))
		}
	}
	return strings.Join(out, ",")
}

func quotedOrList(all []string) string {
	if len(all) == 1 {
		return quoted(all[0])
	}
	return quotedList(all)
}

func quotedList(all []string) string {
	var out []string
	for _, s := range all {
		out = append(out, quoted(s))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quoted writes a scalar: in single quotes, where a backslash is itself; or as
// JSON does, when it has characters that do not show.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		b, err := json.Marshal(s)
		if err == nil {
			return string(b)
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

package logs

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"monitord/internal/config"
)

// Translation is a file of swatch in the words of our own.
type Translation struct {
	// YAML are the rules, each with a comment that says where it comes from; it is
	// what ParseYAML reads. Nil when no rule could be translated.
	YAML  []byte
	Rules int // in it: a rule whose actions differ in their hours becomes several
	// Lost is what our words cannot say, or what cannot be done at all, such as a
	// command for a shell. The rules in YAML are without it.
	Lost  config.Faults
	Notes []Note
}

// TranslationHead is the first line of Translation.YAML.
const TranslationHead = "rules:\n"

// TranslateSwatch reads a file of swatch and writes what it means in YAML. What
// is not in Lost decides as swatchdog 3.2.4 does, but for a carriage return at a
// line's end, which is not a part of the line here.
func TranslateSwatch(name string, data []byte, o SwatchOptions) Translation {
	p := readSwatch(name, data, o)
	t := translator{faults: p.faults}
	for _, r := range p.rules {
		t.rule(r)
	}
	slices.SortStableFunc(t.faults, func(a, b config.PlacedFault) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line))
	})
	out := Translation{Rules: t.rules, Lost: t.faults, Notes: p.notes}
	if t.rules > 0 {
		out.YAML = append([]byte(TranslationHead), t.out.Bytes()...)
	}
	return out
}

type translator struct {
	out    bytes.Buffer
	rules  int
	faults config.Faults
}

func (t *translator) lost(r *Rule, format string, args ...any) {
	t.faults = append(t.faults, config.PlacedFault{Place: r.Place, Problem: fmt.Sprintf(format, args...)})
}

// rule writes one rule. Swatch carries out actions in their order, each with its
// own hours; a rule of ours has one of a kind, in a fixed order. So a rule may
// become several, of which only the last hides the line from those below.
func (t *translator) rule(r *Rule) {
	if r.silent {
		return // it does nothing, as its note says
	}
	cond, err := conditionOf(r.match, usesGroups(r))
	if err != nil {
		t.lost(r, "%v; the rule is left out", err)
		return
	}
	if cond.never {
		return // what is wrong with the expression was said
	}
	parts := splitActions(r, func(format string, args ...any) { t.lost(r, format, args...) })
	for i, actions := range parts {
		one := native{cond: cond, rule: r, actions: actions, last: i == len(parts)-1}
		if one.name = r.Name; i > 0 {
			one.name = fmt.Sprintf("%s, part %d", r.Name, i+1)
		}
		text, err := one.yaml()
		if err == nil {
			_, err = ParseYAML(r.Place.File, append([]byte(TranslationHead), text...))
		}
		if err != nil {
			t.lost(r, "%v; it is left out", err)
			continue
		}
		t.rules++
		t.out.Write(text)
	}
}

// usesGroups reports whether anything of a rule says $1.
func usesGroups(r *Rule) bool {
	var all []template
	for _, g := range r.allGates() {
		all = append(all, g.by)
	}
	for _, a := range r.actions {
		all = append(append(all, a.argv...), a.text)
	}
	return slices.ContainsFunc(all, func(t template) bool {
		return slices.ContainsFunc(t, func(p piece) bool { return p.what == isGroup || p.what == isNamed })
	})
}

// order is that in which actions of one of our rules are carried out.
var order = []ActionKind{ActionEcho, ActionBell, ActionExec, ActionPipe, ActionMail, ActionWrite}

// splitActions cuts a rule's actions into runs that one of our rules can carry
// out: in our order, one of a kind, with the same hours, text and threshold.
// There is one run at least.
func splitActions(r *Rule, lost func(string, ...any)) [][]actionSpec {
	out := [][]actionSpec{nil}
	for _, a := range r.actions {
		if a.kind == ActionQuit {
			lost("quit: no rule of ours ends the program; the action is left out")
			continue
		}
		run := &out[len(out)-1]
		if n := len(*run); n > 0 {
			before := &(*run)[n-1]
			if slices.Index(order, before.kind) >= slices.Index(order, a.kind) || !sameHours(before.when, a.when) || before.gate != a.gate || !slices.Equal(before.text, a.text) {
				out = append(out, nil)
				run = &out[len(out)-1]
			}
		}
		*run = append(*run, a)
		if len(a.modes) > 0 {
			lost("echo: the colours %v are left out: ours prints the line as it is", a.modes)
		}
	}
	return out
}

func sameHours(a, b *hours) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.days, b.days) && slices.Equal(a.hours, b.hours) && (a.days == nil) == (b.days == nil) && (a.hours == nil) == (b.hours == nil)
}

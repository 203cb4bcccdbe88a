package trendwatch

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/checks/trend"
)

// Rules are compiled: ready to be asked.
type Rules struct {
	list   []*rule
	config Config
}

// rule is one of them.
type rule struct {
	RuleConfig
	conf   trend.Config
	fixed  float64 // the limit, when it is a number
	lead   time.Duration
	step   int64  // seconds
	offset int64  // seconds: rules are asked in different minutes
	print  uint64 // of what the detectors see: another one learns anew
}

// Compile works out the rules in force.
func Compile(c Config, zone *time.Location) (*Rules, error) {
	r := &Rules{config: c}
	if !c.Enabled {
		return r, nil
	}
	var list []RuleConfig
	if c.Defaults {
		list = DefaultRules()
	}
	for _, own := range c.Rules {
		list = slices.DeleteFunc(list, func(d RuleConfig) bool { return d.Name == own.Name })
		if !own.Off {
			list = append(list, own)
		}
	}
	for _, one := range list {
		compiled, err := compile(one, c, zone)
		if err != nil {
			return nil, fmt.Errorf("trends: rule %s: %w", one.Name, err)
		}
		r.list = append(r.list, compiled)
	}
	return r, nil
}

func compile(one RuleConfig, c Config, zone *time.Location) (*rule, error) {
	r := &rule{RuleConfig: one, lead: cmp.Or(one.Lead, c.Lead)}
	if err := one.detector(&r.conf); err != nil {
		return nil, err
	}
	r.conf.Zone = zone
	if r.step = int64(cmp.Or(one.Step, defaultStep).Seconds()); r.step < 60 {
		return nil, fmt.Errorf("step %s: want whole minutes, 1m or more", one.Step)
	}
	if v, err := strconv.ParseFloat(one.Limit, 64); err == nil {
		r.fixed, r.Limit = v, ""
		r.conf.Limit = &r.fixed
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%v\x00%v\x00%d", r.Expr, r.Counter, r.Below, r.step)
	r.print = h.Sum64()
	r.offset = int64(r.print>>8) % (r.step / 60) * 60
	if r.offset < 0 {
		r.offset += r.step
	}
	return r, nil
}

// same reports whether another rule judges the same in the same way.
func (r *rule) same(other *rule) bool {
	return reflect.DeepEqual(r.RuleConfig, other.RuleConfig) && r.fixed == other.fixed && r.conf.Zone.String() == other.conf.Zone.String()
}

// limited reports whether the rule has a limit.
func (r *rule) limited() bool { return r.conf.Limit != nil || r.Limit != "" }

// head is the newest step whose values have come by now, counted from 1970.
func (r *rule) head(now time.Time) int64 {
	return (now.Unix() - settle - r.offset) / r.step
}

// at is the moment of a step.
func (r *rule) at(step int64) time.Time { return time.Unix(step*r.step+r.offset, 0) }

// stepOf is the step of a moment that the rule was asked for.
func (r *rule) stepOf(at time.Time) int64 { return (at.Unix() - r.offset) / r.step }

// settle is how long values are waited for, in seconds: probes send every ten.
const settle = 30

var braces = regexp.MustCompile(`\{([^{}]*)\}`)

// item names a series of the rule by its labels; of {a|b} the first that it has.
func (r *rule) item(labels map[string]string) string {
	if r.Item == "" {
		return clean(r.Name + rest(labels, nil))
	}
	return clean(braces.ReplaceAllStringFunc(r.Item, func(s string) string {
		for name := range strings.SplitSeq(s[1:len(s)-1], "|") {
			if v := labels[name]; v != "" {
				return v
			}
		}
		return ""
	}))
}

// rest writes the labels that a name does not have, to tell two series apart.
func rest(labels map[string]string, named []string) string {
	var parts []string
	for k, v := range labels {
		if k != "__name__" && k != "host" && !slices.Contains(named, k) {
			parts = append(parts, k+"="+v)
		}
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " ")
}

// fuller is item with all labels that it lacks.
func (r *rule) fuller(labels map[string]string) string {
	var named []string
	for _, m := range braces.FindAllStringSubmatch(r.Item, -1) {
		named = append(named, strings.Split(m[1], "|")...)
	}
	return clean(r.item(labels) + rest(labels, named))
}

// maxItem bounds the name of a series, in letters.
const maxItem = 120

func clean(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '�' {
			return ' '
		}
		return r
	}, s)), " ")
	if letters := []rune(s); len(letters) > maxItem {
		s = string(letters[:maxItem-1]) + "…"
	}
	return s
}

package plugin

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"monitord/checks"
)

// macro is $NAME$; $$ is a dollar sign. Any other '$' stands for itself, as in
// a regular expression's end.
var macro = regexp.MustCompile(`\$([A-Z][A-Z0-9]*|_HOST[A-Za-z0-9_]+)?\$`)

// expand replaces every macro of one argument by what value says; the result is
// still one argument.
func expand(word string, value func(name string) (string, error)) (string, error) {
	if !strings.Contains(word, "$") {
		return word, nil
	}
	var failed error
	out := macro.ReplaceAllStringFunc(word, func(m string) string {
		if m == "$$" {
			return "$"
		}
		v, err := value(m[1 : len(m)-1])
		if err != nil && failed == nil {
			failed = err
		}
		return v
	})
	return out, failed
}

// ordinal is n of ARGn.
func ordinal(name, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

// knows refuses a macro that no run could replace.
func (c *Config) knows(name string) error {
	if n, ok := ordinal(name, "ARG"); ok {
		if n > len(c.Args) {
			return fmt.Errorf("$%s$: args has %d entries", name, len(c.Args))
		}
		return nil
	}
	if _, ok := ordinal(name, "USER"); ok || strings.HasPrefix(name, "_HOST") {
		return nil
	}
	switch name {
	case "HOSTADDRESS", "HOSTNAME", "HOSTALIAS", "HOSTDISPLAYNAME":
		return nil
	}
	return fmt.Errorf("unknown macro $%s$ (want $HOSTADDRESS$, $HOSTNAME$, $_HOSTVAR$, $ARGn$ or $USERn$; write $$ for a dollar sign)", name)
}

// value is what a macro stands for in one run. Macros within an $ARGn$ are
// replaced too, once.
func (c *Check) value(target checks.Target, nested bool) func(string) (string, error) {
	return func(name string) (string, error) {
		if n, ok := ordinal(name, "ARG"); ok {
			if n > len(c.cfg.Args) || nested {
				return "", fmt.Errorf("macro $%s$ has no value here", name)
			}
			return expand(c.cfg.Args[n-1], c.value(target, true))
		}
		if _, ok := ordinal(name, "USER"); ok {
			v, known, err := c.pool.User(name)
			if err == nil && !known {
				err = fmt.Errorf("macro $%s$ has no value: name it in plugins.users", name)
			}
			return v, err
		}
		if variable, ok := strings.CutPrefix(name, "_HOST"); ok {
			return hostVar(target, variable)
		}
		switch name {
		case "HOSTADDRESS":
			return target.Address, nil
		case "HOSTNAME", "HOSTALIAS", "HOSTDISPLAYNAME":
			return target.Host, nil
		}
		return "", c.cfg.knows(name)
	}
}

// hostVar finds a host's variable; Nagios writes their names in capitals.
func hostVar(target checks.Target, name string) (string, error) {
	for k, v := range target.Vars {
		if strings.EqualFold(k, name) {
			return v, nil
		}
	}
	return "", fmt.Errorf("macro $_HOST%s$: host %s has no such variable", name, target.Host)
}

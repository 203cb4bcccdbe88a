package checkcli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

// command is a parsed command line.
type command struct {
	kind     checks.Type
	config   checks.Config
	host     string
	timeout  time.Duration
	language text.Lang
	json     bool
	verbose  bool
	help     bool
}

const defaultTimeout = 10 * time.Second

// thresholds is a configuration whose -w and -c are more than its keys warning
// and critical.
type thresholds interface {
	SetThresholds(warning, critical string) error
}

// short are the options that every plugin has by one letter.
var short = map[string]string{
	"H": "host", "p": "port", "w": "warning", "c": "critical", "t": "timeout", "v": "verbose", "h": "help",
}

// parser collects what the command line says.
type parser struct {
	cmd               command
	keys              []config.Key
	values            map[string][]string // by key
	warning, critical string
}

// parse reads everything after the type's name.
func parse(kind checks.Type, args []string) (command, error) {
	p := parser{
		cmd:    command{kind: kind, config: kind.NewConfig(), host: "127.0.0.1", timeout: defaultTimeout, language: text.English},
		values: map[string][]string{},
	}
	p.keys = config.Keys(p.cmd.config)
	for len(args) > 0 {
		rest, err := p.one(args)
		if err != nil {
			return p.cmd, err
		}
		args = rest
	}
	if p.cmd.help {
		return p.cmd, nil
	}
	return p.cmd, p.decode()
}

// one reads one option and returns what is left.
func (p *parser) one(args []string) ([]string, error) {
	name, value, hasValue, err := split(args[0])
	if p.takes(args[0]) {
		k := p.cmd.config.(positional).Positional()
		p.values[k] = append(p.values[k], args[0])
		return args[1:], nil
	}
	if err != nil {
		return nil, err
	}
	args = args[1:]
	if p.flag(name, hasValue) {
		return args, nil
	}
	k, known := config.Key{}, false
	if !common[name] {
		if k, err = find(p.keys, name); err != nil {
			return nil, err
		}
		known = true
	}
	if known && k.Type == typeSwitch && !hasValue {
		value, hasValue = "true", true
	}
	if !hasValue {
		if len(args) == 0 {
			return nil, fmt.Errorf("option --%s wants a value", name)
		}
		value, args = args[0], args[1:]
	}
	if known {
		p.values[k.Name] = append(p.values[k.Name], value)
		return args, nil
	}
	return args, p.common(name, value)
}

// positional is a configuration with a key that arguments without an option go
// to: check snmp sysUpTime.0.
type positional interface{ Positional() string }

// takes says whether an argument goes to such a key.
func (p *parser) takes(arg string) bool {
	_, ok := p.cmd.config.(positional)
	return ok && arg != "" && arg[0] != '-'
}

// common are the options of every type that have a value.
var common = map[string]bool{"host": true, "timeout": true, "language": true, "warning": true, "critical": true}

// split takes -H, -Hvalue, --key and --key=value apart.
func split(arg string) (name, value string, hasValue bool, err error) {
	if long, ok := strings.CutPrefix(arg, "--"); ok && long != "" {
		name, value, hasValue = strings.Cut(long, "=")
		return name, value, hasValue, nil
	}
	if len(arg) >= 2 && arg[0] == '-' {
		if name, ok := short[arg[1:2]]; ok {
			return name, arg[2:], len(arg) > 2, nil
		}
	}
	return "", "", false, fmt.Errorf("unexpected argument %q", arg)
}

// flag takes an option without a value.
func (p *parser) flag(name string, hasValue bool) bool {
	switch {
	case hasValue && name != "verbose": // -vvv
		return false
	case name == "help":
		p.cmd.help = true
	case name == "json":
		p.cmd.json = true
	case name == "verbose":
		p.cmd.verbose = true
	default:
		return false
	}
	return true
}

func (p *parser) common(name, value string) (err error) {
	switch name {
	case "host":
		p.cmd.host = value
	case "timeout":
		p.cmd.timeout, err = parseTimeout(value)
	case "language":
		p.cmd.language, err = text.ParseLang(value)
	case "warning":
		p.warning = value
	case "critical":
		p.critical = value
	}
	return err
}

// parseTimeout reads 10s, or a plugin's 10.
func parseTimeout(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		s = strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("timeout %q: want seconds or a time such as 10s", s)
	}
	return d, nil
}

// decode fills the configuration by the decoder that reads the files, so that a
// flag means exactly what its key means there.
func (p *parser) decode() error {
	limited, own := p.cmd.config.(thresholds)
	if !own {
		if err := p.limits(); err != nil {
			return err
		}
	}
	flags := map[string]string{}
	for _, k := range p.keys {
		values := p.values[k.Name]
		if len(values) == 0 {
			continue
		}
		value, err := joined(k, values)
		if err != nil {
			return err
		}
		flags[k.Name] = value
	}
	if err := config.FromFlags(p.cmd.config, flags); err != nil || !own {
		return err
	}
	if err := limited.SetThresholds(p.warning, p.critical); err != nil {
		return err
	}
	return p.cmd.config.Validate()
}

// limits takes -w and -c as the keys warning and critical.
func (p *parser) limits() error {
	for _, limit := range [][2]string{{"warning", p.warning}, {"critical", p.critical}} {
		if limit[1] == "" {
			continue
		}
		k, err := find(p.keys, limit[0])
		if err != nil {
			return err
		}
		p.values[k.Name] = append(p.values[k.Name], limit[1])
	}
	return nil
}

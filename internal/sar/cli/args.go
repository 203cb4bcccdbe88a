package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/internal/sar"
)

// command is what the arguments ask for.
type command struct {
	request       sar.Request
	interval      time.Duration
	count         int // 0 is until the context ends
	before, after string
	json, help    bool
}

// parser walks over the arguments.
type parser struct {
	args        []string
	cmd         command
	layout      sar.Layout
	positionals []string
}

// parseArgs reads the arguments of the verb; its errors are for the operator.
func parseArgs(args []string) (command, error) {
	p := &parser{args: args}
	for len(p.args) > 0 {
		arg := p.args[0]
		p.args = p.args[1:]
		var err error
		switch {
		case strings.HasPrefix(arg, "--"):
			err = p.long(arg)
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			err = p.short(arg)
		default:
			p.positionals = append(p.positionals, arg)
		}
		if err != nil {
			return command{}, err
		}
	}
	return p.finish()
}

// finish fills in defaults and checks what belongs together.
func (p *parser) finish() (command, error) {
	c := p.cmd
	if c.help {
		return c, nil
	}
	if len(c.request.Options) == 0 {
		p.add("-u")
		c.request.Options = p.cmd.request.Options
	}
	c.request.Layout = p.layout
	if c.before != "" {
		if len(p.positionals) > 0 {
			return c, fmt.Errorf("%q: --snapshots takes neither INTERVAL nor COUNT", p.positionals[0])
		}
		c.request.Partitions = true // a saved tree is shown whole, as sadc -S XDISK records
		if c.request.Layout == "" {
			c.request.Layout = sar.Layout127
		}
		return c, nil
	}
	if c.request.Layout == "" {
		c.request.Layout = sar.Layout12
	}
	return c, p.times(&c)
}

func (p *parser) times(c *command) error {
	switch len(p.positionals) {
	case 0:
		return errors.New("INTERVAL is missing: seconds between two readings, such as `probe sar -u 1 5`")
	case 1, 2:
	default:
		return fmt.Errorf("%q: want INTERVAL and COUNT only", p.positionals[2])
	}
	seconds, err := strconv.Atoi(p.positionals[0])
	if err != nil || seconds < 1 || seconds > 1<<24 {
		return fmt.Errorf("INTERVAL %q: want whole seconds, 1 or more", p.positionals[0])
	}
	c.interval = time.Duration(seconds) * time.Second
	if len(p.positionals) == 2 {
		if c.count, err = strconv.Atoi(p.positionals[1]); err != nil || c.count < 1 {
			return fmt.Errorf("COUNT %q: want a number, 1 or more", p.positionals[1])
		}
	}
	return nil
}

// long reads an option with two dashes; its value follows or stands behind '='.
func (p *parser) long(arg string) error {
	name, value, has := strings.Cut(arg, "=")
	switch name {
	case "--json", "--help":
		if has {
			return fmt.Errorf("%s takes no value", name)
		}
		p.cmd.json = p.cmd.json || name == "--json"
		p.cmd.help = p.cmd.help || name == "--help"
		return nil
	case "--snapshots", "--compat":
	default:
		return fmt.Errorf("%s is no option of sar; see --help", name)
	}
	if !has {
		if len(p.args) == 0 {
			return fmt.Errorf("%s needs a value; see --help", name)
		}
		value, p.args = p.args[0], p.args[1:]
	}
	if name == "--compat" {
		return p.compat(value)
	}
	var ok bool
	if p.cmd.before, p.cmd.after, ok = strings.Cut(value, ","); !ok || p.cmd.before == "" || p.cmd.after == "" {
		return fmt.Errorf("--snapshots %q: want two directories, BEFORE,AFTER", value)
	}
	return nil
}

func (p *parser) compat(value string) error {
	p.layout = sar.Layout(value)
	if !slices.Contains([]sar.Layout{sar.Layout7, sar.Layout12, sar.Layout127}, p.layout) {
		return fmt.Errorf("--compat %q: want 7, 12.6 or 12.7", value)
	}
	return nil
}

// short reads letters behind one dash, several at once as sar does (-ur).
func (p *parser) short(arg string) error {
	if arg == "-h" {
		p.cmd.help = true
		return nil
	}
	letters := arg[1:]
	for i, letter := range letters {
		last := i == len(letters)-1
		if err := p.letter(string(letter), last); err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
	}
	return nil
}

func (p *parser) letter(letter string, last bool) error {
	switch letter {
	case "u", "r":
		if last && p.takes("ALL") {
			p.add("-" + letter + " ALL")
			return nil
		}
		p.add("-" + letter)
	case "b", "B", "S", "W", "w", "d", "H", "v":
		p.add("-" + letter)
	case "q":
		return p.queue(last)
	case "A":
		p.all()
	case "P", "n":
		if !last || len(p.args) == 0 {
			return fmt.Errorf("-%s needs its value as the next argument", letter)
		}
		value := p.args[0]
		p.args = p.args[1:]
		if letter == "P" {
			return p.processors(value)
		}
		return p.networks(value)
	default:
		return fmt.Errorf("-%s is no option of sar that this verb has; see --help", letter)
	}
	return nil
}

// takes eats the next argument when it is the word.
func (p *parser) takes(word string) bool {
	if len(p.args) > 0 && p.args[0] == word {
		p.args = p.args[1:]
		return true
	}
	return false
}

func (p *parser) add(options ...string) {
	for _, o := range options {
		if !slices.Contains(p.cmd.request.Options, o) {
			p.cmd.request.Options = append(p.cmd.request.Options, o)
		}
	}
}

// queue reads -q and the words that may follow it: LOAD is the plain table.
func (p *parser) queue(last bool) error {
	if !last || len(p.args) == 0 {
		p.add("-q")
		return nil
	}
	words := strings.Split(p.args[0], ",")
	for _, w := range words {
		if !slices.Contains([]string{"ALL", "CPU", "IO", "LOAD", "MEM", "PSI"}, w) {
			p.add("-q") // the argument is the interval
			return nil
		}
	}
	p.args = p.args[1:]
	for _, w := range words {
		switch w {
		case "ALL":
			p.add("-q", "-q PSI")
		case "LOAD":
			p.add("-q")
		default:
			p.add("-q " + w)
		}
	}
	return nil
}

func (p *parser) processors(value string) error {
	if value != "ALL" {
		return fmt.Errorf("-P %q: want ALL", value)
	}
	p.cmd.request.PerCPU = true
	return nil
}

func (p *parser) networks(value string) error {
	known := sar.Options()
	for w := range strings.SplitSeq(value, ",") {
		option := "-n " + w
		switch {
		case w == "ALL":
			for _, o := range known {
				if strings.HasPrefix(o, "-n ") {
					p.add(o)
				}
			}
		case slices.Contains(known, option):
			p.add(option)
		default:
			return fmt.Errorf("-n %q: want DEV, EDEV, SOCK, IP, EIP, ICMP, EICMP, TCP, ETCP, UDP, SOCK6, IP6, EIP6, ICMP6, EICMP6, UDP6, SOFT or ALL", w)
		}
	}
	return nil
}

// all is -A: every table, in its widest form.
func (p *parser) all() {
	p.cmd.request.PerCPU = true
	for _, o := range sar.Options() {
		switch o {
		case "-u", "-r", "-q CPU", "-q IO", "-q MEM":
		default:
			p.add(o)
		}
	}
}

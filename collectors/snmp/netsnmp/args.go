package netsnmp

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/internal/config"
)

// command is a parsed command line.
type command struct {
	device  snmp.Device
	printer Printer
	lookup  *mib.Names // for OIDs in the arguments; printer.Names may be none
	agent   string
	oids    []string
	help    bool
	// names: noNames, or the folders with MIB files besides our own tables.
	noNames  bool
	askNames bool // -m or -M was given
	folders  []string
	// ownFolders: -M named folders instead of the default one, not besides it.
	ownFolders bool
	file       string // --credentials
	walk       walkFlags
	versioned  bool // -v was given
	v3         bool // an option of v3 was given
}

// walkFlags are the letters behind -C.
type walkFlags struct {
	anyOrder   bool // c
	include    bool // i
	noGet      bool // I: no GET of the root when nothing is below
	statistics bool // p
	took       bool // t
	noFix      bool // f, of snmpget
	repeats    int  // rN
}

// maxFinite bounds times on the command line, in seconds.
const maxFinite = 3600

// withValue are the options that have a value, glued or behind.
const withValue = "vctruelxXaAnEeCOImMLDPYZ3s"

func parseArgs(args []string) (*command, error) {
	c := &command{device: snmp.DefaultDevice()}
	c.device.Retries, c.device.BackOff = 5, 0 // net-snmp's: 6 attempts of 1 s
	c.device.MaxRepetitions, c.device.AnySource = 10, true
	var plain []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			plain = append(plain, args...)
			args = nil
		case strings.HasPrefix(arg, "--"):
			rest, err := c.long(arg[2:], args)
			if err != nil {
				return nil, err
			}
			args = rest
		case len(arg) > 1 && arg[0] == '-':
			rest, err := c.short(arg[1:], args)
			if err != nil {
				return nil, err
			}
			args = rest
		default:
			plain = append(plain, arg)
		}
	}
	if c.help {
		return c, nil
	}
	return c, c.finish(plain)
}

func (c *command) long(option string, args []string) ([]string, error) {
	name, value, glued := strings.Cut(option, "=")
	switch name {
	case "help":
		c.help = true
		return args, nil
	case "credentials":
		if !glued {
			if len(args) == 0 {
				return nil, errors.New("--credentials wants a file")
			}
			value, args = args[0], args[1:]
		}
		c.file = value
		return args, nil
	}
	return nil, fmt.Errorf("unknown option --%s", name)
}

// short reads one word of options: -v2c, -v 2c, -dO n are all net-snmp's.
func (c *command) short(word string, args []string) ([]string, error) {
	for word != "" {
		o := word[0]
		word = word[1:]
		if strings.IndexByte(withValue, o) < 0 {
			if o != 'h' {
				return nil, fmt.Errorf("unknown option -%c", o)
			}
			c.help = true
			continue
		}
		value := word
		if value == "" {
			if len(args) == 0 {
				return nil, fmt.Errorf("option -%c wants a value", o)
			}
			value, args = args[0], args[1:]
		}
		return args, c.set(o, value)
	}
	return args, nil
}

func (c *command) set(o byte, value string) error {
	k := &c.device.Credentials
	c.v3 = c.v3 || strings.IndexByte("ulaAxXnE", o) >= 0
	switch o {
	case 'v':
		c.versioned = true
		return k.Version.UnmarshalText([]byte(value))
	case 'c':
		k.Community = snmp.Word(value)
	case 'u':
		k.User = value
	case 'l':
		return k.Level.UnmarshalText([]byte(value))
	case 'a':
		k.AuthProtocol = snmp.AuthProtocol(value)
	case 'A':
		k.AuthPassword = snmp.Word(value)
	case 'x':
		k.PrivProtocol = snmp.PrivProtocol(value)
	case 'X':
		k.PrivPassword = snmp.Word(value)
	case 'n':
		k.Context = value
	case 'E':
		k.ContextEngine = value
	case 't':
		return c.timeout(value)
	case 'r':
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-r %s: want a number of retries", value)
		}
		c.device.Retries = n
	case 'O':
		return c.output(value)
	case 'C':
		return c.walkLetters(value)
	case 'm', 'M':
		c.mibs(o, value)
	case 'I', 'L', 'P': // how names are read, where logs go: nothing to choose here
	default:
		return fmt.Errorf("option -%c is not spoken here", o)
	}
	return nil
}

func (c *command) timeout(value string) error {
	s, err := strconv.ParseFloat(value, 64)
	if err != nil || !(s > 0) || s > maxFinite || math.IsNaN(s) {
		return fmt.Errorf("-t %s: want seconds", value)
	}
	c.device.Timeout = time.Duration(s * float64(time.Second))
	return nil
}

// mibs reads -m (modules) and -M (folders, parted by colons).
func (c *command) mibs(o byte, value string) {
	c.askNames = true
	if o == 'm' {
		c.noNames = value == "" || value == ":"
		return
	}
	c.ownFolders = !strings.HasPrefix(value, "+") && !strings.HasPrefix(value, "-")
	for folder := range strings.SplitSeq(strings.TrimLeft(value, "+-"), ":") {
		if folder != "" {
			c.folders = append(c.folders, folder)
		}
	}
}

// output reads the letters behind -O.
func (c *command) output(letters string) error {
	p := &c.printer
	for i := range len(letters) {
		switch letters[i] {
		case 'n':
			p.Style.Form = mib.FormNumeric
		case 's':
			p.Style.Form = mib.FormSuffix
		case 'S':
			p.Style.Form = mib.FormModule
		case 'f':
			p.Style.Form = mib.FormFull
		case 'u':
			p.Style.Form = mib.FormUCD
		case 'q':
			p.Quick = !p.Quick
		case 'Q':
			p.Equals = !p.Equals
		case 'v':
			p.Bare = !p.Bare
		case 'e':
			p.NumericEnums = !p.NumericEnums
		case 't':
			p.NumericTicks = !p.NumericTicks
		case 'U':
			p.NoUnits = !p.NoUnits
		case 'T':
			p.HexText = !p.HexText
		case '0':
			p.PaddedHex = !p.PaddedHex
		case 'a':
			p.Strings = StringsText
		case 'x':
			p.Strings = StringsHex
		case 'b':
			p.Style.PlainOID = !p.Style.PlainOID
		case 'X':
			p.Style.Extended = !p.Style.Extended
		case 'E':
			p.Style.Escape = !p.Style.Escape
		default:
			return fmt.Errorf("unknown output option passed to -O: %c", letters[i])
		}
	}
	return nil
}

// walkLetters reads the letters behind -C.
func (c *command) walkLetters(letters string) error {
	for letters != "" {
		o := letters[0]
		letters = letters[1:]
		switch o {
		case 'c':
			c.walk.anyOrder = !c.walk.anyOrder
		case 'i':
			c.walk.include = !c.walk.include
		case 'I':
			c.walk.noGet = !c.walk.noGet
		case 'p':
			c.walk.statistics = !c.walk.statistics
		case 't':
			c.walk.took = !c.walk.took
		case 'f':
			c.walk.noFix = !c.walk.noFix
		case 'r', 'n':
			digits := len(letters) - len(strings.TrimLeft(letters, "0123456789"))
			n, err := strconv.Atoi(letters[:digits])
			if err != nil {
				return fmt.Errorf("-C%c wants a number", o)
			}
			if o == 'r' {
				c.walk.repeats = n
			}
			letters = strings.TrimLeft(letters[digits:], " ")
		default:
			return fmt.Errorf("unknown flag passed to -C: %c", o)
		}
	}
	return nil
}

// finish takes agent and OIDs, reads the file of credentials, and checks.
func (c *command) finish(plain []string) (err error) {
	if len(plain) == 0 {
		return errors.New("no hostname specified")
	}
	c.agent, c.oids = plain[0], plain[1:]
	d := &c.device
	if d.Address, d.Port, d.Family, err = snmp.ParseAgent(c.agent); err != nil {
		return err
	}
	if c.walk.repeats > 0 {
		d.MaxRepetitions = c.walk.repeats
	}
	if c.file != "" {
		if c.versioned || c.v3 || d.Credentials.Community != "" {
			return errors.New("--credentials holds version, community and user: leave the options for them out")
		}
		d.Credentials, err = snmp.LoadCredentials(config.Secret{File: c.file})
		return err
	}
	if !c.versioned && !c.v3 && d.Credentials.Community == "" {
		return errors.New("no community and no user: want -v2c -c COMMUNITY, -v3 -u USER …, or --credentials FILE")
	}
	if !c.versioned && d.Credentials.Community == "" {
		d.Credentials.Version = snmp.V3
	}
	if err := d.Credentials.Validate(); err != nil {
		return c.credentialFault(err)
	}
	return d.Validate()
}

// options names the option for each key of the credentials.
var options = map[string]string{
	"community": "-c", "user": "-u", "level": "-l", "auth_protocol": "-a", "auth_password": "-A", "priv_protocol": "-x", "priv_password": "-X",
	"context": "-n", "context_engine": "-E",
}

// credentialFault says faults of credentials in the words of the command line.
func (c *command) credentialFault(err error) error {
	var faults []error
	for _, f := range config.AllFaults(err, "") {
		faults = append(faults, fmt.Errorf("%s: %s", options[f.Path], f.Problem))
	}
	return errors.Join(faults...)
}

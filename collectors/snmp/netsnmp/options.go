package netsnmp

import (
	"fmt"
	"strings"

	"monitord/collectors/snmp"
	"monitord/internal/config"
)

// Options are net-snmp's options of how to ask, for verbs that have options and
// arguments of their own.
type Options struct {
	// Device has no address yet; its credentials are whole only with Given.
	Device snmp.Device
	Rest   []string // what is no option
	// Given says that the options name a community or a user, and that they are
	// complete.
	Given bool
	// File is that of --credentials, whose contents are in Device.
	File string
	Help bool
	// Patient says that -t or -r was given.
	Patient bool
}

// ParseOptions reads -v -c -u -l -a -A -x -X -n -E -t -r and --credentials. A
// long option goes to own first, which says whether it is one of its own and
// returns the arguments behind its value.
func ParseOptions(args []string, own func(name, value string, hasValue bool, rest []string) (left []string, mine bool, err error)) (*Options, error) {
	c := &command{device: snmp.DefaultDevice()}
	c.device.AnySource = true
	o := &Options{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "--":
			o.Rest, args = append(o.Rest, args...), nil
		case strings.HasPrefix(arg, "--"):
			name, value, has := strings.Cut(arg[2:], "=")
			rest, mine, fault := own(name, value, has, args)
			if args, err = rest, fault; !mine && err == nil {
				args, err = c.long(arg[2:], rest)
			}
		case len(arg) > 1 && arg[0] == '-':
			if strings.IndexByte("vculaAxXnEtrh", arg[1]) < 0 {
				return nil, fmt.Errorf("option -%c is not spoken here", arg[1])
			}
			o.Patient = o.Patient || arg[1] == 't' || arg[1] == 'r'
			args, err = c.short(arg[1:], args)
		default:
			o.Rest = append(o.Rest, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	o.Help, o.File = c.help, c.file
	if o.Help {
		return o, nil
	}
	return o, o.credentials(c)
}

// credentials takes them from the file or from the options.
func (o *Options) credentials(c *command) (err error) {
	k := &c.device.Credentials
	switch {
	case c.file != "" && (c.versioned || c.v3 || k.Community != ""):
		return fmt.Errorf("--credentials holds version, community and user: leave the options for them out")
	case c.file != "":
		*k, err = snmp.LoadCredentials(config.Secret{File: c.file})
		o.Given = true
	case c.v3 && !c.versioned:
		k.Version = snmp.V3
		fallthrough
	case c.v3, k.Version == snmp.V3, k.Community != "":
		o.Given = true
		if err = k.Validate(); err != nil {
			err = c.credentialFault(err)
		}
	}
	o.Device = c.device
	return err
}

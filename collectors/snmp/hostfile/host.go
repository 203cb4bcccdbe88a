package hostfile

import (
	"fmt"
	"strings"
)

// Host is one host of the configuration.
type Host struct {
	Name      string
	Address   string
	Comments  []string // above it
	Templates []string
	// Credentials is the file with version, community or user: the variable snmp,
	// which the templates use.
	Credentials string
	Checks      []Check
}

// Check is one check of a host, or what is written over a template's.
type Check struct {
	Name     string
	Comments []string
	Off      bool // takes the template's check away
	Keys     []Key
}

// Key is one option.
type Key struct {
	Name    string
	Value   any // string, []string, int, float64, File
	Comment string
}

// File is a secret by its file.
type File string

// Write is the section `hosts` with all of them.
func Write(hosts []Host) []byte {
	var b strings.Builder
	b.WriteString("hosts:\n")
	for i, h := range hosts {
		if i > 0 {
			b.WriteByte('\n')
		}
		h.write(&b)
	}
	return []byte(b.String())
}

func comments(b *strings.Builder, indent string, lines []string) {
	for _, line := range lines {
		b.WriteString(strings.TrimRight(indent+"# "+Comment(line), " ") + "\n")
	}
}

func (h Host) write(b *strings.Builder) {
	comments(b, "  ", h.Comments)
	fmt.Fprintf(b, "  %s:\n    address: %s\n", Quote(h.Name), Quote(h.Address))
	if len(h.Templates) > 0 {
		fmt.Fprintf(b, "    templates:%s\n", list("      ", h.Templates))
	}
	if h.Credentials != "" {
		fmt.Fprintf(b, "    vars: {snmp: %s}\n", Quote(h.Credentials))
	}
	if len(h.Checks) > 0 {
		b.WriteString("    checks:\n")
	}
	for _, c := range h.Checks {
		comments(b, "      ", c.Comments)
		if c.Off {
			fmt.Fprintf(b, "      %s: null\n", Quote(c.Name))
			continue
		}
		fmt.Fprintf(b, "      %s:\n", Quote(c.Name))
		for _, k := range c.Keys {
			k.write(b)
		}
	}
}

func (k Key) write(b *strings.Builder) {
	const indent = "        "
	if k.Comment != "" {
		comments(b, indent, []string{k.Comment})
	}
	value := ""
	switch v := k.Value.(type) {
	case string:
		value = " " + Quote(v)
	case []string:
		value = list(indent+"  ", v)
	case File:
		value = " {file: " + Quote(string(v)) + "}"
	default:
		value = fmt.Sprintf(" %v", v)
	}
	fmt.Fprintf(b, "%s%s:%s\n", indent, k.Name, value)
}

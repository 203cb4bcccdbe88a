package kmsg

import (
	"fmt"
	"strconv"
	"strings"

	"monitord/internal/config"
)

// Config says whether the kernel's log is followed.
type Config struct {
	// Enabled follows it at all.
	Enabled bool `yaml:"enabled"`
	// From says where to begin when nothing is known: end, or beginning, which is
	// the oldest record that the kernel still has.
	From string `yaml:"from"`
}

// DefaultConfig follows nothing.
func DefaultConfig() Config { return Config{From: "end"} }

// Validate reports every fault at once.
func (c Config) Validate() error {
	if c.From != "end" && c.From != "beginning" {
		return config.Faultf("from", "got %q; want end or beginning", c.From)
	}
	return nil
}

// Position is the record that was read last: its number counts from the start of
// the machine, which has an ID of its own.
type Position struct {
	Boot string
	Seq  int64
}

// String is one line of text.
func (p Position) String() string { return p.Boot + " " + strconv.FormatInt(p.Seq, 10) }

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	boot, number, _ := strings.Cut(strings.TrimSpace(s), " ")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || boot == "" || seq < 0 {
		return Position{}, fmt.Errorf("%.80q is no position in the kernel's log", s)
	}
	return Position{boot, seq}, nil
}

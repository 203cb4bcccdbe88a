package examples

import (
	"regexp"
	"strings"
	"testing"

	"monitord/alerting/notify/mail"
	"monitord/checks/builtin"
	"monitord/internal/config"
	"monitord/internal/httpd"
	"monitord/internal/intake"
	"monitord/internal/inventory"
)

// commented is a key that stands in a comment: the sections that are only
// offered. Comments in sentences have a space or a capital first.
var commented = regexp.MustCompile(`^# ((?:  )?[a-z_]+:(?: .*)?)$`)

// uncommented is the example with its offered sections in force.
func uncommented() string {
	var out []string
	for line := range strings.Lines(Basic) {
		line = strings.TrimRight(line, "\n")
		if m := commented.FindStringSubmatch(line); m != nil {
			line = m[1]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// store has the keys of the server's section store; its meaning is tested where
// it is read.
type store struct {
	Retention string `yaml:"retention"`
	MinFree   string `yaml:"min_free"`
	Ballast   string `yaml:"ballast"`
}

func TestTheExampleIsValidWithAndWithoutItsComments(t *testing.T) {
	for name, yaml := range map[string]string{"as it stands": Basic, "uncommented": uncommented()} {
		loaded, err := config.Parse([]config.File{{Name: "basic.yaml", Data: []byte(yaml)}},
			inventory.Section(), httpd.Section(),
			config.Section{Name: "probes", Target: func() any { c := intake.DefaultConfig(); return &c }},
			config.Section{Name: "mail", Target: func() any { c := mail.DefaultConfig(); return &c }},
			config.Section{Name: "store", Target: func() any { return &store{} }})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		inv, err := config.Get[*inventory.Config](loaded, "inventory")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inventory.Build(inv, builtin.Types(), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		post, err := config.Get[*mail.Config](loaded, "mail")
		if err != nil {
			t.Fatal(err)
		}
		if offered := name == "uncommented"; offered != (post.Relay != "") {
			t.Errorf("%s: the relay is %q", name, post.Relay)
		}
	}
}

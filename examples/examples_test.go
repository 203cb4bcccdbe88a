package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/availability"
	notifybuiltin "monitord/alerting/notify/builtin"
	"monitord/alerting/notify/mail"
	"monitord/alerting/replies"
	"monitord/checks/builtin"
	"monitord/checks/logs"
	"monitord/collectors/syslog"
	"monitord/internal/config"
	"monitord/internal/httpd"
	"monitord/internal/intake"
	"monitord/internal/inventory"
	"monitord/internal/plugins"
	"monitord/internal/trendwatch"
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

// serverLogs has the keys of the server's section logs, apart from files.
type serverLogs struct {
	logs.Config `yaml:",inline"`
	Syslog      syslog.Config `yaml:"syslog"`
}

// parse reads one example with the sections of the server.
func parse(name, yaml string) (*config.Loaded, error) {
	sections := []config.Section{
		inventory.Section(notifybuiltin.ChannelKinds()...), httpd.Section(), plugins.Section(), replies.Section(), availability.Section(), actions.Section(),
		{Name: "logs", Target: func() any { return &serverLogs{logs.DefaultConfig(), syslog.DefaultConfig()} }},
		{Name: "trends", Target: func() any { c := trendwatch.DefaultConfig(); return &c }},
		{Name: "probes", Target: func() any { c := intake.DefaultConfig(); return &c }},
		{Name: "store", Target: func() any { return &store{} }},
	}
	for _, k := range notifybuiltin.Kinds() {
		sections = append(sections, config.Section{Name: k.Section, Target: k.Target})
	}
	return config.Parse([]config.File{{Name: name, Data: []byte(yaml)}}, sections...)
}

// build is what an example comes to; nil when it has faults.
func build(t *testing.T, name, yaml string) (*inventory.Inventory, *mail.Config) {
	t.Helper()
	loaded, err := parse(name, yaml)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil, nil
	}
	cfg, err := config.Get[*inventory.Config](loaded, "inventory")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Build(cfg, builtin.Types(), nil)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil, nil
	}
	post, err := config.Get[*mail.Config](loaded, "mail")
	if err != nil {
		t.Fatal(err)
	}
	return inv, post
}

func TestTheExampleIsValidWithAndWithoutItsComments(t *testing.T) {
	for name, yaml := range map[string]string{"as it stands": Basic, "uncommented": uncommented()} {
		_, post := build(t, name, yaml)
		if offered := name == "uncommented"; post != nil && offered != (post.Relay != "") {
			t.Errorf("%s: the relay is %q", name, post.Relay)
		}
	}
}

func TestEachExampleIsValidAndInTheIndex(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v", files, err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		build(t, name, string(raw))
		if !strings.Contains(string(index), "("+name+")") {
			t.Errorf("README.md does not list %s", name)
		}
	}
}

// The two files of rules find what their comments say.
func TestTheRulesForLogsFindTheirLines(t *testing.T) {
	for name, want := range map[string]int{"logs.yaml": 6, "logs.swatchrc": 4} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := logs.ParseYAML(name, raw)
		if name == "logs.swatchrc" {
			rules, _, err = logs.ParseSwatch(name, raw, logs.SwatchOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		set, err := logs.Compile(rules, logs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
		m := logs.NewMatcher(logs.NewTracker(set, logs.Deps{}, at), logs.Line{}, func() time.Time { return at })
		found := map[string]bool{}
		m.Scan(t.Context(), []byte(strings.Repeat("Nov 25 10:00:00 h sshd[1]: Failed password for root from 192.0.2.7 port 1\n", 5)+
			"kernel: I/O error, dev sda, sector 7\nmd/raid1:md0: Disk failure on sdb1\nnote: certificate of www expires in 7 days\n"+
			"postgres: duration: 900 ms  statement\napp: request_id=a user=b path=/x duration=7ms\n/var: file system full\nMemory exhausted\n"), func(m *logs.Match) bool {
			found[m.Rule] = true
			return true
		})
		if len(found) != want {
			t.Errorf("%s: found %v; want %d rules", name, found, want)
		}
	}
}

// fenced is a block of YAML in a document.
var fenced = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")

// Who copies a block from a document has a valid configuration.
func TestTheConfigurationsInTheDocumentsAreValid(t *testing.T) {
	for _, doc := range []string{"../docs/configuration.md", "../docs/ja/quickstart.md", "../alerting/README.md", "../docs/notify.md", "../docs/ja/notify.md"} {
		raw, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		blocks := fenced.FindAllStringSubmatch(string(raw), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no block of YAML", doc)
		}
		for i, m := range blocks {
			build(t, fmt.Sprintf("%s, block %d", doc, i+1), m[1])
		}
	}
}

// What the comments of the office say is so.
func TestTheOfficeHangsTogether(t *testing.T) {
	raw, err := os.ReadFile("office.yaml")
	if err != nil {
		t.Fatal(err)
	}
	inv, _ := build(t, "office.yaml", string(raw))
	if inv == nil {
		return
	}
	kinds := map[string]bool{}
	for _, h := range inv.Hosts {
		for _, c := range h.Checks {
			kinds[c.Type] = true
		}
	}
	if len(kinds) != 19 {
		t.Errorf("%d kinds of check; README.md says nineteen", len(kinds))
	}
	for _, tt := range []struct{ check, want string }{
		{"web1/probe", "sw1/ping≥1"},
		{"web2/front", "db1/sql≥1 web2/probe≥1"},
		{"gw/vpn", "gw/ssh≥1 gw/ping≥1"},
		{"www.example.com/tcp-443", "gw/ping≥1"},
		{"shop/front", "web1/front,web2/front,web3/front≥2"},
	} {
		host, name, _ := strings.Cut(tt.check, "/")
		c, ok := inv.Check(inventory.CheckRef{Host: host, Check: name})
		if !ok {
			t.Errorf("no check %s", tt.check)
			continue
		}
		var got []string
		for _, d := range inv.Requires(c) {
			var of []string
			for _, ref := range d.Of {
				of = append(of, ref.String())
			}
			got = append(got, fmt.Sprintf("%s≥%d", strings.Join(of, ","), d.AtLeast))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s depends on %q; want %q", tt.check, s, tt.want)
		}
	}
}

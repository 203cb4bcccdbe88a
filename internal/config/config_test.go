package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/checks"
	. "monitord/internal/config" // checks needs it too, so these tests stand outside
)

type tlsPart struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

func (t tlsPart) Validate() error {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return Faultf("", "cert_file and key_file belong together")
	}
	return nil
}

type common struct {
	Type     string        `yaml:"type"`
	Interval time.Duration `yaml:"interval"`
}

type sample struct {
	common `yaml:",inline"`
	URL    string            `yaml:"url" doc:"what to ask for"`
	Port   uint16            `yaml:"port"`
	Ratio  float64           `yaml:"ratio"`
	Follow bool              `yaml:"follow"`
	Warn   checks.Range      `yaml:"warn"`
	Crit   *checks.Range     `yaml:"crit"`
	Tags   []string          `yaml:"tags"`
	Vars   map[string]string `yaml:"vars"`
	TLS    tlsPart           `yaml:"tls"`
	Key    Secret            `yaml:"key"`
	Raw    *Node             `yaml:"raw"`
	_      int               // no key
}

func (s *sample) Validate() error {
	var faults []error
	if s.URL == "" {
		faults = append(faults, Faultf("url", "it is missing"))
	}
	if s.Interval < time.Second {
		faults = append(faults, Faultf("interval", "too short (got %s; want at least 1s)", s.Interval))
	}
	return errors.Join(faults...)
}

func defaults() *sample { return &sample{common: common{Interval: time.Minute}, Port: 80} }

func TestAValidConfigurationIsDecodedWholeAndKeepsDefaults(t *testing.T) {
	got := defaults()
	err := DecodeBytes("a.yaml", []byte(`
type: http
url: 8080
interval: 1d12h
ratio: 0.5
follow: true
warn: 0.85
crit: "@10:20"
tags: [a, "b"]
vars: {port: 8080, name: "x"}
tls:
  cert_file: c
  key_file: k
key: {file: /etc/key}
raw: {any: [1, 2]}
`), got)
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != "8080" || got.Interval != 36*time.Hour || got.Port != 80 || got.Ratio != 0.5 || !got.Follow {
		t.Errorf("scalars: %+v", got)
	}
	if got.Warn.String() != "0.85" || got.Crit.String() != "@10:20" {
		t.Errorf("ranges: %v %v", got.Warn, got.Crit)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.Tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"port": "8080", "name": "x"}, got.Vars); diff != "" {
		t.Error(diff)
	}
	if got.Key.File != "/etc/key" || got.Raw.Get("any").Items[1].Text != "2" {
		t.Errorf("key %q, raw %v", got.Key.File, got.Raw)
	}
}

func TestEveryFaultIsReportedAtOnceWithItsPlace(t *testing.T) {
	err := DecodeBytes("a.yaml", []byte(`typ: http
interval: 60
port: 70000
ratio: big
follow: "true"
warn: 1:x
tags: one
vars:
  a: [1]
tls:
  cert_file: c
key: hunter2
`), defaults())
	want := `a.yaml:1:1: typ: unknown key (did you mean type?)
a.yaml:1:1: url: it is missing
a.yaml:2:11: interval: not a time span (got "60"; want a number with its unit, such as 60s, 5m, 1h30m, 2d)
a.yaml:3:7: port: wrong type (got 70000; want a whole number from 0 of at most 16 bits)
a.yaml:4:8: ratio: wrong type (got big; want a finite number)
a.yaml:5:9: follow: wrong type (got "true"; want true or false)
a.yaml:6:7: warn: range "1:x": want N, N:, ~:N, N:M or @N:M
a.yaml:7:7: tags: wrong type (got a list; want a list, such as [a, b])
a.yaml:9:6: vars.a: wrong type (got a list; want text)
a.yaml:11:3: tls: cert_file and key_file belong together
a.yaml:12:6: key: a secret does not stand in the configuration (got a single value; want {file: PATH}, a file that only the server can read)`
	want = strings.Replace(want, "tags: wrong type (got a list", "tags: wrong type (got one", 1)
	if err == nil {
		t.Fatal("no fault")
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the fault shows the secret")
	}
}

func TestOneMappingFillsTwoStructs(t *testing.T) {
	var c common
	specific := struct {
		URL string `yaml:"url"`
	}{}
	n, err := ParseBytes("a.yaml", []byte("type: http\nurl: http://x\nintervall: 5s\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = Decode(n, "checks.front", &c, &specific)
	if want := "a.yaml:3:1: checks.front.intervall: unknown key (did you mean interval?)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if c.Type != "http" || specific.URL != "http://x" {
		t.Errorf("got %+v %+v", c, specific)
	}
}

func TestBadFilesAreNamedAndBounded(t *testing.T) {
	bomb := "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
	for i := range 9 {
		now, before := string(rune('1'+i)), string(rune('0'+i))
		bomb += "a" + now + ": &a" + now + " [" + strings.TrimSuffix(strings.Repeat("*a"+before+",", 10), ",") + "]\n"
	}
	cases := map[string]struct{ in, want string }{
		"not UTF-8":      {"a: b\nb: \xff", `f:2:4: the file is not UTF-8 (got byte 0xff`},
		"zero byte":      {"a: \x00", "f:1:1: the file holds a zero byte"},
		"tab":            {"a:\n\tb: 1\n", "f:2:"},
		"duplicate":      {"a: 1\nb: 2\na: 3\n", "f:3:1: a: the key is defined twice (first at f:1:1)"},
		"alias bomb":     {bomb, "aliases make the configuration too large"},
		"alias cycle":    {"a: &a [*a]", "alias *a has no anchor before it"},
		"two documents":  {"a: 1\n---\nb: 2\n", "holds a second document"},
		"too large":      {strings.Repeat("#", MaxFileBytes+1), "the file is too large"},
		"too many":       {strings.Repeat("- a\n", 1<<20), "too many values"},
		"many keys":      {strings.Repeat("a: 1\n", 300_000), "too many keys in one mapping"},
		"flow nesting":   {strings.Repeat("[", 200_000), "nested too deeply"},
		"block nesting":  {strings.Repeat("- ", 200_000), "nested too deeply"},
		"indent nesting": {nested(1200), "nested too deeply"},
		"unclosed":       {"a: [1", "f:1:"},
		"tag":            {"a: !!python/object x", "tag !!python/object is not known here"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := ParseBytes("f", []byte(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %.300v, want %s", err, c.want)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %s", took)
			}
		})
	}
}

func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestAnEmptyFileIsAnEmptyMapping(t *testing.T) {
	for _, in := range []string{"", "\n", "# only a comment\n", "---\n", "\ufeff"} {
		n, err := ParseBytes("f", []byte(in))
		if err != nil || n.Kind != Map || len(n.Entries) != 0 {
			t.Errorf("%q: %v %v", in, n, err)
		}
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	n, err := ParseBytes("f", []byte("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\n"))
	if err != nil {
		t.Fatal(err)
	}
	use := n.Get("use")
	if use.Get("x").Text != "1" || use.Get("y").Text != "3" || n.Get("again").Get("y").Text != "2" || len(use.Entries) != 2 {
		t.Errorf("%+v", use)
	}
}

func TestADirectoryIsOneConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type root struct {
		Hosts map[string]map[string]string `yaml:"hosts"`
	}
	sections := []Section{
		{Name: "root", Inline: true, Target: func() any { return &root{} }},
		{Name: "http", Target: func() any { return &tlsPart{} }},
	}
	write("a.yaml", "hosts: {web1: {address: 192.0.2.1}}\n")
	write("b.yml", "hosts: {web2: {address: 192.0.2.2}}\nhttp: {cert_file: c, key_file: k}\n")
	write(".hidden.yaml", "x: [")
	l, err := Load(dir, sections...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Get[*root](l, "root")
	if err != nil || len(got.Hosts) != 2 {
		t.Errorf("%v %v", got, err)
	}
	if part, err := Get[*tlsPart](l, "http"); err != nil || part.CertFile != "c" {
		t.Errorf("%v %v", part, err)
	}
	if _, err := Get[*root](l, "http"); err == nil {
		t.Error("a section of another type was handed out")
	}

	write("c.yaml", "hosts: {web1: {address: 192.0.2.9}}\nhtpp: {}\n")
	_, err = Load(dir, sections...)
	for _, want := range []string{
		dir + "/c.yaml:1:9: hosts.web1: the key is defined twice (first at " + dir + "/a.yaml:1:9)",
		dir + "/c.yaml:2:1: htpp: unknown key (did you mean http?)",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	if _, err := Load(t.TempDir(), sections...); err == nil || !strings.Contains(err.Error(), "holds no *.yaml") {
		t.Errorf("empty directory: %v", err)
	}
	if _, err := Load("", sections...); err != nil {
		t.Errorf("no configuration at all: %v", err)
	}
}

func TestFlagsFillTheSameStruct(t *testing.T) {
	got := defaults()
	err := FromFlags(got, map[string]string{"url": "true", "port": "81", "follow": "true", "tags": "a, b", "vars": "k=v,x=y=z", "key": "/etc/k", "warn": "0.8", "interval": "5s"})
	if err != nil {
		t.Fatal(err)
	}
	if got.URL != "true" || got.Port != 81 || !got.Follow || len(got.Tags) != 2 || got.Vars["x"] != "y=z" || got.Key.File != "/etc/k" || got.Interval != 5*time.Second {
		t.Errorf("%+v", got)
	}
	err = FromFlags(defaults(), map[string]string{"ulr": "x", "port": "x"})
	want := "--ulr: unknown key (did you mean url?)\n--port: wrong type (got x; want a whole number from 0 of at most 16 bits)\n--url: it is missing"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestKeysDescribeAStruct(t *testing.T) {
	got := Keys(defaults())
	if len(got) != 13 || got[1] != (Key{Name: "interval", Type: "duration", Default: "1m"}) ||
		got[2] != (Key{Name: "url", Type: "text", Doc: "what to ask for"}) || got[3].Default != "80" || got[6].Type != "range" {
		t.Errorf("%+v", got)
	}
}

func TestWhatMarshalWritesDecodeReads(t *testing.T) {
	in := defaults()
	in.URL, in.Tags, in.Vars, in.Key = "http://x", []string{"a"}, map[string]string{"n": "1"}, Secret{File: "/k"}
	in.Crit = &checks.Range{Start: 1, End: 2}
	in.Interval = 1500 * time.Millisecond
	raw, err := Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	got := &sample{}
	if err := DecodeBytes("wire", raw, got); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	in.Raw = got.Raw // null, and where it stood
	if diff := cmp.Diff(in, got, cmp.AllowUnexported(sample{}, Node{})); diff != "" {
		t.Errorf("%s\n%s", raw, diff)
	}
}

func TestDurations(t *testing.T) {
	good := map[string]time.Duration{"60s": time.Minute, "1d": 24 * time.Hour, "1w2d": 9 * 24 * time.Hour, "0": 0, "-1d": -24 * time.Hour, "1d30m": 24*time.Hour + 30*time.Minute, "250ms": 250 * time.Millisecond}
	for in, want := range good {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("%s: got %v %v", in, got, err)
		}
	}
	for _, in := range []string{"", "60", "d", "1.5d", "1d2w", "1d-5s", "99999999d", "--1s", "1dd"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("%q: got %v", in, got)
		}
	}
}

func TestPathsWithDotsAreFound(t *testing.T) {
	n, err := ParseBytes("f", []byte("hosts:\n  web1.example.net:\n    checks: [{url: x}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		`hosts.web1.example.net.checks[0].url`:         "f:3:20",
		`hosts."web1.example.net".checks[0].url`:       "f:3:20",
		`hosts."web1.example.net".checks[0].missing.x`: "f:3:14",
		`hosts."web1.example.net".address`:             "f:2:3",
		`nothing`:                                      "f:1:1",
	} {
		if got := n.Locate(path).String(); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// perlPatterns are what RE2 lacks, or reads otherwise.
var perlPatterns = []string{
	`(?<=from )\d+`, `(?<!not )found`, `foo(?=bar)`, `foo(?!bar)`, `(\w)\1`, `(?<q>['"]).*?\k<q>`, `(?'q'['"])x\g{q}`, `(a|ab)(c|bcd)(d*)`,
	`a*+ab`, `a++b`, `x?+xy`, `(?>a+)ab`, `\d{2,3}+4`, `a{,3}b`, `a{2}`, `a{,}b`, `x{a}`, `(x)?(?(1)y|z)`, `(?<n>x)?-(?(<n>)y|z)`,
	`\Afoo`, `bar\Z`, `bar\z`, `\h+x`, `\Hx`, `a\Rb`, `\Nx`, `foo\Kbar`, `(?#a comment)foo`, `(?i)FOO(?-i)bar`, `(?i:foo)BAR`, `(?^:foo)`,
	`[[:alpha:]]+\d`, `[^[:space:]]+=`, `[]a]+b`, `[^]a]+b`, `[a\]b]c`, `[\w.-]+@`, `[\d\-x]+y`, `[a[b]c`, `\x41\x{42}`, `\101`, `\e\[`, `[\x30-\x39]{3}`,
	`\bfoo\b`, `\Bo\B`, `(?s)a.b`, `(?m)^b$`, `^(?:(?!bad).)*$`, `(\d+)-\1`, `(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10`, `\p{Lu}\p{Ll}+`, `\PLx`, `\.\*\?`, `a{1001}`,
	`\s\S\d\D\w\W`, `\v`, `(?:a|b)*+c`, `((?:ab)++)x`, `\cAb`, `\0`, `[\b]x`, `\tx`, `(?=.*\d)(?=.*[a-z])x`, `(?<=a|b)c`, `^$`, `(a)?\1b`, `[\101-\103]x`, `\/x`, `\-x`, `\_y`,
}

var perlLines = []string{
	"", "from 12", "not found", "found", "foobar", "foobaz", "aab", "say 'x' \"y\"", "'x'", "abcd", "ab", "xxy", "xy", "1234", "bb", "ac", "bc", "xyc", "z", "x-y", "-z", "foo", "bar",
	" \tx", "[a.b]]", "a|b", "FOObar", "fooBAR", "abc1", "key=value", "]b", "a]c", "x.y@z", "1-xy", "[c", "AB", "\x1b[0m", "123", "a foo b", "woods", "a b", "good", "bad one",
	"12-12", "12-13", "abcdefghija", "Abc", "-x", ".*?", strings.Repeat("a", 1001), " a1-b ", "\x0b", "abababx", "\x01b", "\x00", "\x08x", "\tx", "x1a", "a1x", "ac", "Bx", "/x", "x{a}", "a{,}b", "_y", "aaab", "b",
}

// TestPerlDecidesAsWeDo runs Debian's perl on every pattern and line: matches and
// groups are the same.
func TestPerlDecidesAsWeDo(t *testing.T) {
	perl, err := exec.LookPath("perl")
	if err != nil {
		t.Skipf("%v (apt-get install -y --no-install-recommends perl)", err)
	}
	script := `use JSON::PP; local $/; my $in = decode_json(<STDIN>); my @out;
for my $p (@{$in->{patterns}}) { for my $l (@{$in->{lines}}) {
  my @m; my $ok = eval { @m = ($l =~ /$p/) ? (1) : (); if (@m) { @m = (1); push @m, defined($-[$_]) ? substr($l, $-[$_], $+[$_]-$-[$_]) : undef for (1..$#+); } 1 };
  push @out, $ok ? \@m : undef; } }
print JSON::PP->new->encode(\@out);`
	in, err := json.Marshal(map[string]any{"patterns": perlPatterns, "lines": perlLines})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), perl, "-e", script)
	cmd.Stdin = bytes.NewReader(in)
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("perl: %v", err)
	}
	var want [][]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	for i, source := range perlPatterns {
		p, err := compilePattern(source, "")
		for k, line := range perlLines {
			w := want[i*len(perlLines)+k]
			if w == nil { // perl refuses it
				if err == nil && k == 0 {
					t.Logf("%s: perl refuses what we read", source)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", source, err)
				break
			}
			if got, text := groupsText(p, line), fmt.Sprint(w); got != text {
				t.Errorf("%s on %.40q: got %s; perl has %s", source, line, got, text)
			}
		}
	}
}

// groupsText writes a decision as the script does: [] or [1 GROUPS].
func groupsText(p *pattern, line string) string {
	got, caps := p.match([]byte(line), nil)
	if got != matches {
		return "[]"
	}
	out := []any{1}
	for g := 1; g < len(p.names); g++ {
		if caps[2*g] < 0 {
			out = append(out, nil)
		} else {
			out = append(out, line[caps[2*g]:caps[2*g+1]])
		}
	}
	return fmt.Sprint(out)
}

func TestWhatCannotBeReadSaysWhyAndWhere(t *testing.T) {
	for source, want := range map[string]string{
		"(a":          "group is not closed",
		"a)":          "without its (",
		"[a":          "class is not closed",
		"*a":          "follows nothing",
		`a\`:          "backslash ends",
		"(?R)":        "not known here",
		"(?{ code })": "not known here",
		`\g{x}`:       "does not exist",
		`(?<1a>b)\1`:  "group name",
		`(?(1)a|b)`:   "undefined group",
		strings.Repeat("(", 2000) + strings.Repeat(")", 2000): "too deeply",
		strings.Repeat("a", MaxPattern+1):                     "too long",
	} {
		if _, err := compilePattern(source, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v; want %q", source, err, want)
		}
	}
}

// An expression that backtracks without end is stopped, counted, and suspended
// with a mark; the other rules go on.
func TestAnExpressionWithoutEndIsSuspended(t *testing.T) {
	p := play(t, yamlRules(t, "- {name: evil, match: '^(a+)+\\1$'}\n- {name: good, match: b$}\n"), Options{}, Deps{})
	line := strings.Repeat("a", 60) + "b"
	start := time.Now()
	for range 20 {
		p.say(line)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	s := p.tracker.Stats().Rules
	if s[0].Timeouts != maxStrikes || !s[0].Suspended || s[1].Hits != 20 {
		t.Errorf("stats %+v", s)
	}
	p.wait(suspension + time.Second)
	p.say("aaaa")
	if s := p.tracker.Stats().Rules[0]; s.Suspended || s.Hits != 1 {
		t.Errorf("after the suspension: %+v", s)
	}
}

func TestQuotedTextMeansItself(t *testing.T) {
	for line, want := range map[string]outcome{"[a.b]]": matches, "[axb]]": misses, "[a.b]x": misses} {
		if got, _ := mustPattern(t, `\Q[a.b]\E\]`, "").match([]byte(line), nil); got != want {
			t.Errorf("%s: got %v", line, got)
		}
	}
}

func TestLiteralsAreKnownOfExpressionsForTheFallbackToo(t *testing.T) {
	for source, want := range map[string]string{
		`Failed (?!publickey)(\w+) for`: "Failed ",
		`(?<=link )down now`:            "down now",
		`sector \d++ op`:                "sector ",
		`(\w+) equals \1`:               " equals ",
	} {
		p := mustPattern(t, source, "")
		found := false
		p.need.each(func(l literal) { found = found || l.text == want })
		if p.slow == nil || !found {
			t.Errorf("%s: %+v", source, p.need)
		}
	}
}

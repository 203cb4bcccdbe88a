package logs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func translated(t *testing.T, swatch string) Translation {
	t.Helper()
	return TranslateSwatch("rc", []byte(swatch), SwatchOptions{})
}

func TestARuleOfSwatchInOurWords(t *testing.T) {
	got := translated(t, `perlcode my $who = 'invalid user';
ignore /nothing's/i
watchfor /$who (\w+) from (\S+)/
	threshold track_by=$2,type=both,count=3,seconds=90
	exec "/usr/local/bin/block $2 'user $1 costs \$5'"
	mail noc\@example.net:boss,when=1-5:8-17
	continue
watchfor /a/ && !/b/ && !/c|d/
	throttle 0:5:0
	echo
`)
	want := `rules:
  # rc:2
  - ignore: '(?i)nothing''s'
    name: '/nothing''s/i'
  # rc:3
  - match: 'invalid user (\w+) from (\S+)'
    name: '/$who (\w+) from (\S+)/'
    threshold: {type: both, count: 3, within: 1m30s, by: '${2}', swatch: true}
    exec: ['/usr/local/bin/block', '${2}', 'user ${1} costs $$5']
  # rc:3
  - match: 'invalid user (\w+) from (\S+)'
    name: '/$who (\w+) from (\S+)/, part 2'
    threshold: {type: both, count: 3, within: 1m30s, by: '${2}', swatch: true}
    when: '1-5:8-17'
    mail: ['noc@example.net', 'boss']
  # rc:8
  - match: 'a'
    name: '/a/ && !/b/ && !/c|d/'
    except: ['b', 'c|d']
    stop: true
    throttle: 5m
    echo: true
`
	if string(got.YAML) != want || got.Rules != 4 || len(got.Lost) != 0 {
		t.Errorf("%d rules, lost %v:\n%s\nwant\n%s", got.Rules, got.Lost, got.YAML, want)
	}
}

func TestWhatOurWordsCannotSayIsListedAtItsPlace(t *testing.T) {
	got := translated(t, `watchfor /Critical/
	exec /bin/x $1 &
	echo bold,red
	quit
watchfor /(a)/ && /b/
	exec /bin/x $1
watchfor /(a)/ && !/b/ || /(c)/
	echo
watchfor /ok/
	mail
watchfor /twice/
	throttle 0:1:0
	echo
watchfor /none/
	threshold type=limit,count=1,seconds=0
	echo
watchfor /(/
	echo
watchfor 0
	echo
waitfor /x/
	echo
watchfor /both/
	threshold type=limit,count=1,seconds=60
	throttle 0:1:0,key=$0
	echo
watchfor /late/
	threshold type=limit,count=1,seconds=60
	echo threshold=on,type=limit,count=2,seconds=60
`)
	var lost []string
	for _, f := range got.Lost {
		lost = append(lost, f.Error())
	}
	all := strings.Join(lost, "\n")
	for _, want := range []string{
		`rc:2:2: exec: "&" means something to a shell, and none is used here; write: exec /bin/x $1 (it runs beside us, and its output is not shown anyway)`,
		"rc:1:1: echo: the colours [bold red] are left out",
		"rc:1:1: quit: no rule of ours ends the program",
		"rc:5:1: of patterns that are joined only the first may have groups",
		"rc:7:1: of patterns that are joined",
		"rc:9:1: mail: nobody is named",
		"want at least 1s; it is left out",
		"rc:17:10: pattern /(/",
		"rc:23:1: threshold and throttle with a key",
		"rc:27:1: threshold: a rule of ours has one",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if got.Rules != 2 || !strings.Contains(string(got.YAML), "'/Critical/'") || !strings.Contains(string(got.YAML), "'/twice/'") || strings.Contains(string(got.YAML), "exec") {
		t.Errorf("%d rules:\n%s", got.Rules, got.YAML)
	}
	if awk := TranslateSwatch("rc", []byte("watchfor /a/\n\texec /bin/x $3\n"), SwatchOptions{AwkFields: true}); awk.Rules != 0 || !strings.Contains(awk.Lost.Error(), "$3 is a word of the line") {
		t.Errorf("words of the line: %d rules, %v", awk.Rules, awk.Lost)
	}
	if none := TranslateSwatch("rc", nil, SwatchOptions{}); none.YAML != nil || len(none.Lost) != 1 {
		t.Errorf("an empty file: %q, %v", none.YAML, none.Lost)
	}
}

// translatable are rules whose every part has our words.
const translatable = everySwatchConditions + `
watchfor /Failed (\w+) for (\w+)/
	threshold track_by=$2,type=limit,count=2,seconds=40
	exec /bin/a $1 $2
	echo
	continue
watchfor /Failed (\w+) for (\w+)/
	threshold track_by=$2,type=threshold,count=3,seconds=40
	pipe /bin/b $0
	continue
watchfor /Failed/
	threshold type=both,count=4,seconds=30
	write root
	continue
watchfor /password/
	throttle 0:0:20
	echo
	exec /bin/c $*
	continue
watchfor /Failed/
	throttle 0:0:20,key=$0
	echo
	continue
ignore /test/
watchfor /Failed \s password # by whom/x
	echo
`

// everySwatchConditions go on to the rules below.
const everySwatchConditions = `watchfor /a/ || /B/i || m{c$}
	echo
	continue
watchfor /a/ && /b/ && /(\d+)/
	exec /bin/x $1
	continue
watchfor not /a/ and not /b/
	echo
	continue
watchfor (/a/ || /b/) && !/root/
	echo
	continue
watchfor /Fail(?:ed)/ && !/root/ || /77/ && /^.*a/i
	echo
	continue
watchfor !(/a/ && !/b/) && (/c/ || /noc/x)
	echo
	continue
watchfor /(a).*\1/ && !(/x/ && /y/)
	echo
	continue
watchfor /Failed/, /password/
	echo
	continue
watchfor 1
	throttle 0:2:0,key=x
	bell
	continue`

// A translation decides as the original does, on lines that are made up.
func TestATranslationDecidesLikeTheOriginal(t *testing.T) {
	got := translated(t, translatable)
	if len(got.Lost) > 0 {
		t.Fatal(got.Lost)
	}
	ours, err := ParseYAML("rc.yaml", got.YAML)
	if err != nil {
		t.Fatalf("%v in\n%s", err, got.YAML)
	}
	original := play(t, swatchRules(t, translatable), Options{}, Deps{})
	native := play(t, ours, Options{}, Deps{})
	r := rand.New(rand.NewPCG(5, 8))
	words := []string{"Failed", "password", "for", "root", "noc", "a", "b", "B", "c", "test", "77", "Failed password for dba", "Critical", "\\", "'", "$1"}
	acted := 0
	for i := range 3000 {
		var line []string
		for range 1 + r.IntN(6) {
			line = append(line, words[r.IntN(len(words))])
		}
		step := time.Duration(r.IntN(9000)) * time.Millisecond
		a, b := deeds(original, strings.Join(line, " "), step), deeds(native, strings.Join(line, " "), step)
		if a != b {
			t.Fatalf("line %d, %q: the original does\n%s\nits translation\n%s", i, strings.Join(line, " "), a, b)
		}
		acted += strings.Count(a, "\n")
	}
	if acted < 3000 {
		t.Errorf("only %d actions: the lines say little", acted)
	}
}

// deeds is what a line makes a set do after a while.
func deeds(p *player, line string, after time.Duration) string {
	p.now = p.now.Add(after)
	p.told = nil
	p.say(line)
	var b strings.Builder
	for _, m := range p.told {
		for _, a := range m.Actions {
			fmt.Fprintf(&b, "%s %q %q %q\n", a.Kind, a.Argv, a.To, a.Text)
		}
	}
	return b.String()
}

func FuzzTranslate(f *testing.F) {
	f.Add("watchfor /a/ && !/b/ || m{(c)}x\n\techo\n\texec /bin/x '$1 $*',when=1-5:8\n\tcontinue\n")
	f.Add("perlcode $v = 'a';\nignore /$v/i\nwatchfor 1\n\tthrottle 0:0:5,key=$0\n\tbell 2\n\tmail a:b\n")
	f.Add("watchfor /a'/\n\tthreshold track_by=$1,type=both,count=2,seconds=9\n\tpipe /bin/x\n\twrite a\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := TranslateSwatch("rc", []byte(s), SwatchOptions{})
		if got.Rules == 0 {
			return
		}
		rules, err := ParseYAML("rc.yaml", got.YAML)
		if err != nil || len(rules) != got.Rules {
			t.Errorf("%d rules of %d, %v:\n%s", len(rules), got.Rules, err, got.YAML)
		}
	})
}

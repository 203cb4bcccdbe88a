package logs

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// everySwatchWord has each word of the grammar once.
const everySwatchWord = `# rules
perlcode my $host = 'web\d+';
perlcode 0 our $what = "Failed" . ' password';
ignore /nothing/i
watchfor /$host .*$what for (\w+) from (\S+)/
	threshold track_by=$2,type=both,count=3,seconds=60
	echo bold,red
	bell 3
	exec "/usr/local/bin/block $2 '$1 $0'",when=1-5:8-17
	mail addresses=noc\@example.net:boss,subject=ssh $1
	pipe "/usr/bin/tee -a /tmp/x",keep_open
	write root:noc
	continue
watchfor m{Critical}x && !/test/
	throttle 0:5:0,key=$0
	exec /bin/page $* \
	     now
	quit
waitfor /x/
	echo
`

func TestEachWordOfSwatchIsRead(t *testing.T) {
	rules, notes, err := ParseSwatch("rc", []byte(everySwatchWord), SwatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) != 4 || !rules[0].ignore || rules[1].stop || !rules[2].stop || !rules[3].silent {
		t.Fatalf("%d rules", len(rules))
	}
	r := rules[1]
	if g := r.gates[0]; g.kind != gateBoth || g.count != 3 || g.within != time.Minute {
		t.Errorf("gate %+v", g)
	}
	kinds := ""
	for _, a := range r.actions {
		kinds += string(a.kind) + " "
	}
	if kinds != "echo bell exec mail pipe write " {
		t.Errorf("actions %s", kinds)
	}
	if len(notes) != 2 {
		t.Errorf("notes %v", notes)
	}
	p := play(t, rules, Options{KeepCR: true}, Deps{})
	p.now = time.Date(2026, 11, 25, 10, 0, 0, 0, time.Local) // a Wednesday morning
	line := "web12 sshd: Failed password for root from 192.0.2.1"
	p.say(line, line)
	p.want("")
	p.say(line)
	a := p.told[0].Actions
	if got, want := strings.Join(a[2].Argv, "|"), "/usr/local/bin/block|192.0.2.1|root "+line; got != want {
		t.Errorf("argv %s; want %s", got, want)
	}
	if a[3].Subject != "ssh root" || strings.Join(a[3].To, " ") != "noc@example.net boss" || a[3].Text != line || a[1].Rings != 3 {
		t.Errorf("mail %+v, bell %+v", a[3], a[1])
	}
	p.now = p.now.Add(4 * 24 * time.Hour) // a Sunday
	p.told = nil
	p.say(line, line, line)
	if n := len(p.told[0].Actions); n != 5 {
		t.Errorf("%d actions on a Sunday; want all but exec", n)
	}
	p.told = nil
	p.say("a Critical thing")
	if got := p.told[0].Actions[0].Argv; strings.Join(got, "|") != "/bin/page|a Critical thing|now" {
		t.Errorf("argv %q", got)
	}
}

func TestFaultsOfSwatchFilesHaveTheirPlace(t *testing.T) {
	_, _, err := ParseSwatch("rc", []byte(`echo
watchfor /(/
	exec rm $1 > /tmp/x
	jump
	threshold type=often,count=3,seconds=60
watchfor /$none/
	throttle 1:x
	bell many
watchfor
	exec $1 now
	perlcode system("id");
	mail a,when=8:1-30
`), SwatchOptions{})
	if err == nil {
		t.Fatal("no fault")
	}
	got := err.Error()
	for _, want := range []string{
		"rc:1:1: echo stands before any watchfor",
		"rc:2:10: pattern /(/: ",
		`rc:3:2: exec: ">" means something to a shell`,
		"rc:4:2: jump: the action is not known",
		`rc:5:2: threshold: type "often" (want limit, threshold or both)`,
		"rc:6:10: variable $none is not known",
		`rc:7:2: throttle: "1:x" (want hours:minutes:seconds)`,
		`rc:8:2: bell: "many" rings`,
		"rc:9:9: watchfor has no pattern",
		"rc:10:2: exec: the program's name comes from the line",
		"rc:11:11: perlcode: ",
		"rc:12:2: mail: when=8:1-30",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no fault %q in\n%s", want, got)
		}
	}
	for _, empty := range []string{"", "# nothing\n", "watchfor /a/\x00"} {
		if _, _, err := ParseSwatch("rc", []byte(empty), SwatchOptions{}); err == nil || !strings.HasPrefix(err.Error(), "rc:1:") {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

// A command that needs a shell is refused with the form that needs none.
func TestShellCharactersAreRefusedWithTheRewrittenForm(t *testing.T) {
	for command, want := range map[string]string{
		`/bin/x $1 &`:                  "write: exec /bin/x $1 (",
		`/bin/x $0 >/dev/null 2>&1`:    "write: exec /bin/x $0 (",
		`echo $0 | /usr/bin/mail root`: "write: pipe /usr/bin/mail root (",
		`/bin/x $1 >> /var/log/x`:      `#!/bin/sh and /bin/x "${1}" >> /var/log/x, and write: exec /usr/local/bin/on-log-line $1`,
		`a; b '$2'`:                    `a; b "${1}", and write: exec /usr/local/bin/on-log-line $2`,
		"x `id`":                       "would start another program",
		"x $(id)":                      "would start another program",
		`x *.log`:                      "means something to a shell",
		`x ~/y`:                        "means something to a shell",
		`A=1 x`:                        "a variable is set before the command",
		`sh -c "touch $1"`:             "the line would become a part of the shell's script",
		`x "y`:                         "quote is not closed",
		``:                             "no command",
		`$0`:                           "program's name comes from the line",
	} {
		p := &swatchParser{}
		if _, err := parseCommand(command, p.perlTemplate); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", command, err, want)
		}
	}
}

// What the rewritten form says is accepted, and is one argument for each word.
func TestAPlaceholderStaysInItsArgument(t *testing.T) {
	p := &swatchParser{}
	line := []byte(`a b; rm -rf / $(id) "q"`)
	for command, want := range map[string]string{
		`/bin/x $0`:                `/bin/x|a b; rm -rf / $(id) "q"`,
		`/bin/x --text=$* end`:     `/bin/x|--text=a b; rm -rf / $(id) "q"|end`,
		`/bin/x "one $1" '' 'two'`: `/bin/x|one a||two`,
		`/bin/x \$1 a\ b \"`:       `/bin/x|$1|a b|"`,
		`/bin/x "tab\there"`:       `/bin/x|tabthere`,
		`/bin/x ${1}st`:            `/bin/x|ast`,
	} {
		argv, err := parseCommand(command, p.perlTemplate)
		if err != nil {
			t.Errorf("%s: %v", command, err)
			continue
		}
		a := actionSpec{kind: ActionExec, argv: argv}
		got := a.fill(filling{line: line, message: string(line), caps: []int{0, 1, 0, 1}, names: []string{"", ""}})
		if strings.Join(got.Argv, "|") != want {
			t.Errorf("%s: %q; want %q", command, got.Argv, want)
		}
	}
}

func TestIncludedFilesAreReadAndBounded(t *testing.T) {
	files := map[string]string{"/etc/rc": "include=more.rc\nwatchfor /b/\n\techo\n", "/etc/more.rc": "watchfor /a/\n\techo\n", "/loop": "include /loop\n"}
	read := func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("no such file")
	}
	rules, _, err := ParseSwatch("/etc/rc", []byte(files["/etc/rc"]), SwatchOptions{Read: read})
	if err != nil || len(rules) != 2 || rules[0].Place.String() != "/etc/more.rc:1:1" {
		t.Errorf("%v %v", rules, err)
	}
	if _, _, err := ParseSwatch("/loop", []byte(files["/loop"]), SwatchOptions{Read: read}); err == nil || !strings.Contains(err.Error(), "too deeply") {
		t.Errorf("a file that includes itself: %v", err)
	}
	if _, _, err := ParseSwatch("/x", []byte("include none\n"), SwatchOptions{Read: read}); err == nil || !strings.Contains(err.Error(), "/x:1:9: include: no such file") {
		t.Errorf("%v", err)
	}
}

func TestAwkFieldsAreWordsOfTheLine(t *testing.T) {
	rules, _, err := ParseSwatch("rc", []byte("watchfor /x/\n\texec /bin/y $2 $9 $0\n"), SwatchOptions{AwkFields: true})
	if err != nil {
		t.Fatal(err)
	}
	p := play(t, rules, Options{}, Deps{})
	p.say("x two")
	if got := strings.Join(p.told[0].Actions[0].Argv, "|"); got != "/bin/y|two||x two" {
		t.Errorf("argv %s", got)
	}
}

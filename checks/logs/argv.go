package logs

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// parseCommand turns the command line of swatch's exec and pipe into an argument
// vector. Words in quotes are one argument. Each placeholder stays within its
// argument, whatever is in the line: no shell ever sees it. A command that needs a
// shell is refused, with the form that does not.
func parseCommand(command string, parse func(string) (template, error)) ([]template, error) {
	command = strings.TrimSpace(command)
	if command == "" {
		return nil, errors.New("no command is given (want a program and its arguments)")
	}
	words, err := shellWords(command)
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, rewriteCommand(command))
	}
	return argvOf(words, parse)
}

// argvOf checks words and reads their placeholders.
func argvOf(words []string, parse func(string) (template, error)) ([]template, error) {
	var argv []template
	for _, w := range words {
		t, err := parse(w)
		if err != nil {
			return nil, err
		}
		argv = append(argv, t)
	}
	if len(argv) == 0 || len(words[0]) == 0 {
		return nil, errors.New("no command is given (want a program and its arguments)")
	}
	if len(argv[0]) != 1 || argv[0][0].what != isText {
		return nil, errors.New("the program's name comes from the line: whoever writes the log would choose what runs (name the program)")
	}
	if i := slices.Index(words, "-c"); i > 0 && i+1 < len(argv) && isShell(words[0]) && argv[i+1].variable() {
		return nil, fmt.Errorf("the line would become a part of the shell's script; put the script into a file and write: exec %s", rewrittenCall(strings.Join(words[i+1:], " ")))
	}
	return argv, nil
}

// variable reports whether a template has placeholders.
func (t template) variable() bool {
	return slices.ContainsFunc(t, func(p piece) bool { return p.what != isText })
}

func isShell(program string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "zsh", "csh", "tcsh", "busybox"}, filepath.Base(program))
}

// shellWords cuts a command as a shell does that only knows quotes.
func shellWords(s string) ([]string, error) {
	var out []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\' && i+1 < len(s) && quote != '\'':
			i++
			// A backslash before $ keeps a dollar sign out of what we fill in.
			if s[i] == '$' || s[i] == '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(s[i])
		case c == '`', c == '$' && strings.HasPrefix(s[i:], "$("):
			return nil, fmt.Errorf("%c would start another program by a shell, and none is used here", c)
		case c == '\n', quote == 0 && strings.IndexByte(shellChars, c) >= 0 && !isPlaceholder(s, i), quote == 0 && !inWord && (c == '~' || c == '#'):
			return nil, fmt.Errorf("%q means something to a shell, and none is used here", string(c))
		case quote == 0 && c == '=' && len(out) == 0 && groupName.MatchString(word.String()):
			return nil, errors.New("a variable is set before the command, which only a shell does")
		default:
			word.WriteByte(c)
		}
		inWord = true
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed (want a %c)", quote)
	}
	if inWord {
		out = append(out, word.String())
	}
	return out, nil
}

// shellChars mean something to sh outside of quotes.
const shellChars = "&;|<>()*?["

// isPlaceholder: the * of $*.
func isPlaceholder(s string, i int) bool { return s[i] == '*' && i > 0 && s[i-1] == '$' }

var (
	// trailingNoise is what only sends output away, or the command to the background.
	trailingNoise = regexp.MustCompile(`(?:\s*(?:[12]?>>?\s*/dev/null|2>&1|&>\s*/dev/null|&))+\s*$`)
	// echoPipe is text given to a program.
	echoPipe = regexp.MustCompile(`^(?:/bin/|/usr/bin/)?(?:echo|printf)\s[^|]*\|\s*([^|;&<>]+)$`)
	// anyPlaceholder is $0, $*, $1, ${1} or $name.
	anyPlaceholder = regexp.MustCompile(`\$(?:\{\w+\}|\*|\w+)`)
)

// rewriteCommand says how to do without a shell.
func rewriteCommand(command string) string {
	plain := strings.TrimSpace(trailingNoise.ReplaceAllString(command, ""))
	if _, err := shellWords(plain); err == nil && plain != "" {
		return fmt.Sprintf("write: exec %s (it runs beside us, and its output is not shown anyway)", plain)
	}
	if m := echoPipe.FindStringSubmatch(plain); m != nil {
		if _, err := shellWords(strings.TrimSpace(m[1])); err == nil {
			return fmt.Sprintf("write: pipe %s (it reads the line)", strings.TrimSpace(m[1]))
		}
	}
	script, call := rewriteScript(command)
	return fmt.Sprintf("put it into a program, %s, with the lines #!/bin/sh and %s, and write: exec %s", scriptPath, script, call)
}

// scriptPath is where our advice puts a script.
const scriptPath = "/usr/local/bin/on-log-line"

// rewriteScript numbers the placeholders as a script's arguments.
func rewriteScript(command string) (script, call string) {
	var args []string
	script = anyPlaceholder.ReplaceAllStringFunc(command, func(p string) string {
		i := slices.Index(args, p)
		if i < 0 {
			i = len(args)
			args = append(args, p)
		}
		return fmt.Sprintf(`"${%d}"`, i+1)
	})
	script = strings.NewReplacer(`""${`, `"${`, `}""`, `}"`, `'"${`, `"${`, `}"'`, `}"`).Replace(script)
	return script, strings.Join(append([]string{scriptPath}, args...), " ")
}

func rewrittenCall(command string) string {
	_, call := rewriteScript(command)
	return call
}

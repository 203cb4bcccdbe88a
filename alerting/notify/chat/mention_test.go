package chat

import (
	"encoding/json"
	"html"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
)

// attacks are what a check's output could try.
var attacks = []string{
	"<!channel> <!here> <@U123> <#C1|x> @everyone @here @channel @all", "<users/all> <at>noc</at>", "**bold** _it_ ~~no~~ `code` ```\nblock\n```",
	"[click](https://evil.example.org) <https://evil.example.org|Take it>", "<b>x</b> <a href=\"https://evil.example.org\">Take it</a>",
	"# head\n> quote\n- list\n1. list\n---\n|a|b|\n|-|-|", "\\*\\@everyone &lt;!channel&gt;", ":fire: <:x:1> <t:0> $x$ ||spoiler||", strings.Repeat("@", 3000), "\u202eenohp\u2028\x00\xff",
}

// texts lists every text of a message, by where it stands.
func texts(v any, path string, visit func(path, s string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, sub := range v {
			texts(sub, path+"."+k, visit)
		}
	case []any:
		for _, sub := range v {
			texts(sub, path, visit)
		}
	case string:
		visit(path, v)
	}
}

// mention is what Mattermost and Discord take for a name.
var mention = regexp.MustCompile(`@[\p{L}\p{N}&!]`)

// raw is a < that nothing escapes.
var raw = regexp.MustCompile(`(^|[^\\])(\\\\)*<`)

// unsafe says why a text may stand for more than itself; "" when it does not.
// Where a system shows texts as they are, any text is safe.
func unsafe(shape, path, s string) string {
	switch {
	case !utf8.ValidString(s):
		return "not UTF-8"
	case strings.HasSuffix(path, ".url") || strings.HasSuffix(path, ".evidence"):
		return ""
	case shape == "slack" && path == ".text" && strings.ContainsAny(s, "<>"):
		return "control sequence"
	case shape == "google" && strings.HasSuffix(path, "extParagraph.text") && strings.Contains(strings.NewReplacer("<b>", "", "</b>", "", "<br>", "").Replace(s), "<"):
		return "a tag"
	case shape == "google" && strings.HasSuffix(path, "ext.text") && strings.Contains(s, "<"):
		return "a tag"
	case shape == "google" && (path == ".fallbackText" || strings.HasSuffix(path, ".subtitle")) && strings.ContainsAny(s, "<>"):
		return "a mention"
	case shape == "mattermost" && (strings.HasSuffix(path, ".text") || strings.HasSuffix(path, ".value") || strings.HasSuffix(path, ".fallback")) && mention.MatchString(s):
		return "a mention"
	case shape == "discord" && (strings.HasSuffix(path, ".description") || strings.HasSuffix(path, ".value")) && (mention.MatchString(s) || raw.MatchString(outsideCode(s))):
		return "a mention"
	}
	return ""
}

// outsideCode leaves out the blocks of code, of which there must be one at most.
func outsideCode(s string) string {
	parts := strings.Split(s, "```")
	if len(parts) > 3 {
		return "<" // something got out of its block
	}
	return parts[0] + parts[len(parts)-1]
}

func checkShapes(t *testing.T, attack string) {
	t.Helper()
	n := notifytest.Hostile(notifytest.Problem("chat", "x"), attack)
	n.Repeat = true
	for shape := range shapes() {
		b := posted(t, shape, n)
		// The smallest limits: Teams takes 28 KB, Discord 6,000 letters.
		if len(b) > 28<<10 {
			t.Errorf("%s: %d bytes", shape, len(b))
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		letters := 0
		texts(v, "", func(path, s string) {
			letters += utf8.RuneCountInString(s)
			if why := unsafe(shape, path, s); why != "" {
				t.Errorf("%s%s: %s: %q", shape, path, why, s)
			}
		})
		if shape == "discord" && letters > 6000 {
			t.Errorf("discord: %d letters", letters)
		}
		if shape == "teams" && (strings.Contains(string(b), `"TextBlock"`) || strings.Contains(string(b), `"FactSet"`) || strings.Contains(string(b), `"entities"`)) {
			t.Error("teams: an element that knows Markdown, or mentions")
		}
	}
	if !strings.Contains(string(posted(t, "discord", n)), `"allowed_mentions":{"parse":[]}`) {
		t.Error("discord: mentions are allowed")
	}
}

func TestACheckMentionsNobodyAndFormatsNothing(t *testing.T) {
	for _, attack := range attacks {
		checkShapes(t, attack)
	}
}

func FuzzACheckMentionsNobodyAndFormatsNothing(f *testing.F) {
	for _, attack := range attacks {
		f.Add(attack)
	}
	f.Fuzz(checkShapes)
}

// TestCmarkShowsTheTextAsItIs asks the reference implementation of CommonMark
// what a reader would see.
func TestCmarkShowsTheTextAsItIs(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts cmark")
	}
	for _, attack := range attacks {
		want := notify.OneLine(strings.ReplaceAll(attack, "&", "+")) // entities are no matter of the systems that we know
		cmd := exec.CommandContext(t.Context(), "cmark")
		cmd.Stdin = strings.NewReader(escapeMarkdown(want, discordSigns))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends cmark", err)
		}
		got, _ := strings.CutPrefix(strings.TrimSuffix(string(out), "</p>\n"), "<p>")
		if got = strings.ReplaceAll(html.UnescapeString(got), noMention, ""); got != want {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
}

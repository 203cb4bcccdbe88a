package mail

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/text"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

func composed(t testing.TB, n notify.Notification, png []byte) []byte {
	t.Helper()
	deps := testDeps()
	deps.Picture = func(context.Context, checks.Service, int, int, text.Lang) ([]byte, error) { return png, nil }
	return composedWith(t, n, deps)
}

func composedWith(t testing.TB, n notify.Notification, deps Deps) []byte {
	t.Helper()
	c := Config{Relay: "127.0.0.1:25", From: "monitord <monitord@example.net>", TLS: TLSNone, Timeout: time.Second, Helo: "h"}
	ch, err := New(c, deps)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ch.compose(t.Context(), n, mail.Address{Address: "noc@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func japanese(n notify.Notification) notify.Notification {
	n.Language, n.Zone = text.Japanese, "Asia/Tokyo"
	n.Notice.Service.Host = "受付サーバー"
	return n
}

// raisedByALine is a problem that a line of a log raised.
func raisedByALine() notify.Notification {
	n := problem("")
	n.Notice.Service = checks.Service{Host: "db1", Check: checks.LogCheck, Item: "oom"}
	n.Notice.Summary, n.Notice.Reason, n.Notice.Attempts = text.Verbatim("kernel: Out of memory: Killed process 4242 (java)"), checks.ReasonNone, 1
	var b strings.Builder
	for i := range 14 {
		fmt.Fprintf(&b, "Nov 29 01:42:%02d db1 app[77]: <b>step</b> %d\x1b[31m of a long way \u202e%s\n", i, i, strings.Repeat("x", 60))
	}
	b.WriteString("Nov 29 01:43:01 db1 kernel: Out of memory: Killed process 4242 (java) <script>alert(1)</script> " + strings.Repeat("あ", 60) + strings.Repeat("z", 2000))
	n.Notice.Evidence = []byte(b.String())
	return n
}

func TestTheLineThatRaisedAProblemIsMarkedInTheMail(t *testing.T) {
	p := takeApart(t, composed(t, raisedByALine(), dot))
	if n := strings.Count(p.plain, "app[77]"); n != 10 {
		t.Errorf("%d lines of context, want 10", n)
	}
	for _, want := range []string{"\n> Nov 29 01:43:01 db1 kernel: Out of memory", "\n  Nov 29 01:42:04 db1 app[77]: <b>step</b> 4"} {
		if !strings.Contains(p.plain, want) {
			t.Errorf("plain text lacks %q:\n%s", want, p.plain)
		}
	}
	if !strings.Contains(p.html, ">Nov 29 01:43:01 db1 kernel: Out of memory: Killed process 4242 (java) &lt;script&gt;alert(1)") || !strings.Contains(p.html, "border-left:3px solid #cf222e") {
		t.Errorf("the line is not marked:\n%s", p.html)
	}
	if strings.Contains(p.html, "<script>") || strings.Contains(p.html, "<b>step") || strings.ContainsAny(p.html+p.plain, "\x1b\u202e") {
		t.Errorf("a line of the log is more than text:\n%s", p.html)
	}
}

func TestPiecesOfALineFitAndAreTheLine(t *testing.T) {
	for _, s := range []string{"", "a", strings.Repeat("ab", 50), strings.Repeat("あい", 30), "x" + strings.Repeat("長", 9)} {
		got := pieces(s, 10)
		if strings.Join(got, "") != s {
			t.Errorf("%q became %q", s, got)
		}
		for _, piece := range got {
			if notify.Width(piece) > 10 {
				t.Errorf("%q is too wide", piece)
			}
		}
	}
}

// Wherever a Japanese date stands, no line ends inside it; nothing is lost.
func TestNoLineEndsInsideADate(t *testing.T) {
	const date = "12月1日(火)"
	for n := range 80 {
		for _, before := range []string{strings.Repeat("あ", n/2) + strings.Repeat("x", n%2), strings.Repeat("x", n) + "あ", strings.Repeat("あ ", n/3)} {
			line := before + date + "から、" + date + " 03:00 ごろ"
			got := wrap(line, textColumns)
			if strings.Count(got, date) != 2 || strings.ReplaceAll(strings.ReplaceAll(got, "\n", ""), " ", "") != strings.ReplaceAll(line, " ", "") {
				t.Errorf("%q is broken as %q", line, got)
			}
			for one := range strings.SplitSeq(got, "\n") {
				if !strings.Contains(before, "xxx") && notify.Width(one) > textColumns+2 { // a full stop may hang
					t.Errorf("%d columns: %q", notify.Width(one), one)
				}
			}
		}
	}
	html, err := renderHTML(page{Words: notify.Words{Lang: text.Japanese, Summary: date + " に"}})
	if err != nil || strings.Contains(html, date) || !strings.Contains(html, text.KeepDates(date)+" に") {
		t.Errorf("%v:\n%s", err, html)
	}
}

func TestWordsOfAMail(t *testing.T) {
	broken := problem("noc@example.net")
	broken.Broken = errors.New("disk is full")
	gone := recovery("noc@example.net")
	gone.Notice.Gone = true
	for name, n := range map[string]notify.Notification{
		"problem-en": problem(""), "recovery-en": recovery(""), "broken-en": broken, "gone-en": gone,
		"problem-ja": japanese(problem("")), "recovery-ja": japanese(recovery("")), "broken-ja": japanese(broken), "gone-ja": japanese(gone),
		"log-en": raisedByALine(), "log-ja": japanese(raisedByALine()),
	} {
		t.Run(name, func(t *testing.T) {
			p := takeApart(t, composed(t, n, dot))
			got := "Subject: " + p.subject + "\n\n" + p.plain
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if n.Broken != nil && !strings.Contains(strings.SplitN(p.plain, "\n", 2)[0], map[text.Lang]string{"en": "The journal cannot be written", "ja": "ジャーナルに書き込めません"}[n.Language]) {
				t.Errorf("the first line is not about the journal:\n%s", p.plain)
			}
			for _, line := range strings.Split(p.plain, "\n") {
				w := 0
				for _, r := range line {
					w += notify.Columns(r)
				}
				if w > 78 {
					t.Errorf("a line of %d columns: %s", w, line)
				}
			}
			if *update {
				_ = os.WriteFile(filepath.Join(os.TempDir(), "mail-"+name+".html"), []byte(p.html), 0o644)
			}
		})
	}
}

func TestAMailWithoutItsPictureIsComplete(t *testing.T) {
	p := takeApart(t, composed(t, problem(""), nil))
	if strings.Join(p.kinds, " ") != "multipart/alternative text/plain text/html" || strings.Contains(p.html, "<img") || !strings.Contains(p.plain, "503 Service") {
		t.Errorf("parts %v", p.kinds)
	}
}

// headers are what a mail has, whatever is told.
const headers = "Date From To Subject Message-ID Auto-Submitted X-Auto-Response-Suppress X-Monitord-Incident MIME-Version Content-Type"

const shortHeaders = headers + " Content-Transfer-Encoding"

// What a reader's program shows is what was meant, also when it looks like an
// encoded word.
func TestSubjectsAreReadAsTheyWereMeant(t *testing.T) {
	for _, subject := range []string{
		"plain", "=??B??=", "=?utf-8?q?=0D=0ABcc:_x?=", "a =?", strings.Repeat("=?x?= ", 40) + "end", "日本語 =?utf-8?b?44GC?=",
	} {
		written := encodeWords(subject)
		for word := range strings.SplitSeq(written, " ") {
			if strings.HasPrefix(word, "=?") && len(word) > 75 {
				t.Errorf("%q: an encoded word of %d characters", subject, len(word))
			}
		}
		if read, err := new(mime.WordDecoder).DecodeHeader(written); err != nil || read != subject {
			t.Errorf("%q is read as %q, %v", subject, read, err)
		}
	}
}

func FuzzNoOutputReachesTheHeaders(f *testing.F) {
	f.Add("web1", "HTTP 503", "body")
	f.Add("web1\r\nBcc: evil@example.org", "x\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<a@b>")
	f.Add("=??B??=", "", "0") // no encoded word, though it looks like one
	f.Add("=?utf-8?q?=0D=0ABcc:?=", "\u2028Bcc: a\u202e", "--=_\r\n\x00\xff")
	f.Add("日本語のとても長いホスト名日本語のとても長いホスト名日本語のとても長いホスト名", strings.Repeat("あ ", 300), "<script>")
	f.Fuzz(func(t *testing.T, host, summary, evidence string) {
		n := problem("")
		n.Notice.Service = checks.Service{Host: host, Check: "http"}
		n.Notice.Summary, n.Notice.Evidence = text.Verbatim(summary), []byte(evidence)
		n.Form = FormShort
		checkHeaders(t, composed(t, n, nil), shortHeaders)
		n.Form = ""
		raw := composed(t, n, nil)
		checkHeaders(t, raw, headers)
		if p := takeApart(t, raw); strings.Contains(p.html, "<script>") {
			t.Error("the output of a check became part of the page")
		}
	})
}

// checkHeaders fails unless a mail has these headers and no others, and no line
// that mail must not have.
func checkHeaders(t *testing.T, raw []byte, want string) {
	t.Helper()
	head, _, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		t.Fatal("no end of the header")
	}
	var names []string
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a header line of %d bytes", len(line))
		}
		if strings.ContainsAny(line, "\r\n\x00") || !ascii(line) {
			t.Errorf("bytes that do not belong into a header: %q", line)
		}
		if !strings.HasPrefix(line, " ") {
			name, _, _ := strings.Cut(line, ":")
			names = append(names, name)
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("headers %s", got)
	}
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("a line that mail must not have: %q", line)
		}
	}
}

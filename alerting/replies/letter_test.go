package replies

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

func testWords(t testing.TB) *words {
	t.Helper()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheFirstLineIsWhatThePersonWrote(t *testing.T) {
	w := testWords(t)
	for in, want := range map[string]string{
		"on it\n\n> db1/pgsql is CRITICAL": "on it",
		"\r\n  \r\non it\r\n":              "on it",
		"On Sun, 29 Nov 2026 at 03:14, monitord wrote:\n> db1 is CRITICAL\n>\nnew disk": "new disk",
		"On Sun, 29 Nov 2026, monitord <m@example.net>\nwrote:\n> db1 is CRITICAL\nok":  "ok",
		"2026年11月29日 3:14 monitord <m@example.net>:\n\n> db1 is CRITICAL\n\n了解":         "了解",
		"> db1 is CRITICAL\n＞ db1\n":                       "",
		"-- \nNOC, 24 hours":                               "",
		"-----Original Message-----\nFrom: monitord":       "",
		"From: monitord\nSent: Sunday\nack":                "",
		"差出人: monitord\n件名: CRITICAL":                      "",
		"________________________________\nFrom: monitord": "",
		"\u3000了解です\u3000":                                 "了解です",
		"":                                                 "",
		"a:\nb":                                            "a:",
	} {
		if got := w.firstLine(in); got != want {
			t.Errorf("%q begins with %q, want %q", in, got, want)
		}
	}
}

func TestAnAnswerIsUnderstood(t *testing.T) {
	w := testWords(t)
	names := map[action]string{take: "take", give: "give", decline: "decline", unclear: "unclear"}
	for line, want := range map[string]string{
		"": "take", "ack": "take", "ACK!": "take", "Ok.": "take", "ＯＫ": "take", "yes, on it": "take", "restarting nginx": "take",
		"了解": "take", "了解しました。": "take", "承知しました": "take", "対応します": "take", "確認中です": "take",
		"acknowledged": "take", "notable": "take", "know the cause": "take",
		"unack": "give", "UnAck please": "give", "give back": "give", "un-ack, not mine": "give", "解除": "give", "取り消します": "give", "release": "give", "unacknowledge": "give",
		"no": "decline", "No, call boss": "decline", "I can't, call boss": "decline", "I can’t": "decline", "cannot come": "decline", "not me": "decline",
		"対応できません": "decline", "了解できません": "decline", "無理です": "decline", "本日休みです": "decline", "いいえ": "decline",
		"I am on vacation until Monday": "decline",
		"ok, no problem":                "unclear", "yes but I won't be there": "unclear", "ack, cannot before 4": "unclear",
	} {
		if got := names[w.understand(line).do]; got != want {
			t.Errorf("%q is understood as %s, want %s", line, got, want)
		}
	}
	if a := w.understand("ack 90m \x1b[31mred\u202e\tdisk" + strings.Repeat("x", 500)); a.span.String() != "1h30m0s" || strings.ContainsAny(a.says, "\x1b\u202e\t") || len([]rune(a.says)) != maxReason {
		t.Errorf("%+v", a)
	}
	for _, line := range []string{"ack -2h", "ack 99999999h", "ack 0s", "ack soon", "2h"} {
		if a := w.understand(line); a.do != take || a.span != 0 {
			t.Errorf("%q: %+v", line, a)
		}
	}
}

func TestTheTextOfAMailIsFound(t *testing.T) {
	iso, err := japanese.ISO2022JP.NewEncoder().String("了解です。新しいディスクを手配中\n")
	if err != nil {
		t.Fatal(err)
	}
	two := func(kind, a, b string) string {
		return "Content-Type: multipart/" + kind + "; boundary=\"b\"\n\n--b\n" + a + "\n--b\n" + b + "\n--b--\n"
	}
	const head = "From: noc@example.net\n"
	for name, c := range map[string]struct{ mail, want string }{
		"plain":                 {head + "\non it", "on it"},
		"ISO-2022-JP":           {head + "Content-Type: text/plain; charset=ISO-2022-JP\n\n" + iso, "了解です。新しいディスクを手配中"},
		"Shift_JIS":             {head + "Content-Type: text/plain; charset=Shift_JIS\n\n\x97\xb9\x89\xf0", "了解"},
		"base64":                {head + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("了解")), "了解"},
		"unknown set":           {head + "Content-Type: text/plain; charset=klingon\n\nack\xff", "ack"},
		"plain before HTML":     {head + two("alternative", "Content-Type: text/html\n\n<p>html", "Content-Type: text/plain\n\nplain"), "plain"},
		"only HTML":             {head + "Content-Type: text/html; charset=utf-8\n\n<html><head><title>x</title><style>p{}</style></head><body><div>ack&nbsp;2h</div><blockquote>old</blockquote></body>", "ack\u00a02h"},
		"empty plain, HTML":     {head + two("alternative", "Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<div>on it</div>"), "on it"},
		"attachment first":      {head + two("mixed", "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nno", "Content-Type: text/plain\n\nyes"), "yes"},
		"parts inside parts":    {head + "Content-Type: multipart/mixed; boundary=\"o\"\n\n--o\n" + two("alternative", "Content-Type: text/plain\n\ndeep", "Content-Type: text/html\n\n<p>x") + "\n--o--\n", "deep"},
		"cut in the middle":     {head + "Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\non it, and th", "on it, and th"},
		"names in any charset":  {"From: =?ISO-2022-JP?B?" + base64.StdEncoding.EncodeToString([]byte(iso)) + "?= <noc@example.net>\n\nack", "ack"},
		"a picture alone":       {head + "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA", ""},
		"transfer unknown":      {head + "Content-Transfer-Encoding: x-uuencode\n\nack", "ack"},
		"content type is wrong": {head + "Content-Type: ;;\n\nack", "ack"},
	} {
		l, err := readLetter([]byte(strings.ReplaceAll(c.mail, "\n", "\r\n")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := testWords(t).firstLine(l.text); got != c.want || l.from != "noc@example.net" {
			t.Errorf("%s: from %q says %q, want %q", name, l.from, got, c.want)
		}
	}
	deep := head
	for i := range 200 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=\"b%d\"\n\n--b%d\n", i, i)
	}
	if l, err := readLetter([]byte(deep + "\nack")); err != nil || l.text != "" {
		t.Errorf("parts without end: %q, %v", l.text, err)
	}
}

func FuzzReply(f *testing.F) {
	w := testWords(f)
	for _, seed := range []string{reply("ack"), reply("> x\nno", "Auto-Submitted: no"), reply("了解", "Content-Type: text/html"), "From: a@b\r\n", "\r\n\r\n",
		reply("--b\n\nx\n--b--", `Content-Type: multipart/mixed; boundary="b"`)} {
		f.Add([]byte(seed), "noc@example.net")
	}
	f.Fuzz(func(t *testing.T, raw []byte, from string) {
		l, err := readLetter(raw)
		if err != nil {
			return
		}
		machine(l, from, "monitord@example.net")
		a := w.understand(w.firstLine(l.text))
		if len([]rune(a.says)) > maxReason || strings.ContainsAny(a.says, "\r\n\x00\x1b") || a.span < 0 {
			t.Errorf("understood %+v", a)
		}
		if a.do == take && contains(fold(a.says), "cannot") {
			t.Errorf("%q takes", a.says)
		}
	})
}

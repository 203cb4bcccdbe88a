package logfile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	xunicode "golang.org/x/text/encoding/unicode"
)

func TestASpanHoldsWholeLinesAndNoneThatIsTooLong(t *testing.T) {
	const limit = 10
	for _, c := range []struct {
		text      string
		last, end int64
		long      bool
	}{
		{"", 0, 0, false},
		{"half", 0, 0, false},
		{"one\n", 0, 4, false},
		{"one\ntwo\nhalf", 4, 8, false},
		{"\n\n\n", 2, 3, false},
		{"0123456789\nx\n", 11, 13, false}, // as long as the limit
		{"0123456789A\nx\n", 0, 0, true},
		{"one\n0123456789A", 0, 4, true},
		{"one\ntwo\n0123456789A\nx\n", 4, 8, true},
		{strings.Repeat("abcdefgh\n", 10), 81, 90, false},
	} {
		for _, look := range []int{1, 3, 4096} {
			s, err := findSpan(strings.NewReader(c.text), 0, int64(len(c.text)), limit, make([]byte, look))
			if err != nil || s.last != c.last || s.end != c.end || s.long != c.long {
				t.Errorf("%q, read by %d: %+v, %v; want last %d, end %d, long %v", c.text, look, s, err, c.last, c.end, c.long)
			}
		}
	}
}

func FuzzSpan(f *testing.F) {
	f.Add([]byte("one\ntwo\nthree is long\n\nx"), 8)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		if limit < 1 || limit > 1000 || len(b) > 4096 {
			return
		}
		s, err := findSpan(bytes.NewReader(b), 0, int64(len(b)), limit, make([]byte, 7))
		if err != nil {
			t.Fatal(err)
		}
		// The same, line by line.
		var last, end int
		for {
			nl := bytes.IndexByte(b[end:], '\n')
			if nl < 0 || nl > limit {
				break
			}
			last, end = end, end+nl+1
		}
		if int(s.end) != end || int(s.last) != last {
			t.Fatalf("%q with %d: %+v, want last %d, end %d", b, limit, s, last, end)
		}
	})
}

func TestTheLibraryReadsASpanAndNothingBehindIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("zero\none\n\ntwo\n"+strings.Repeat("x", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(path); err != nil { // it is read by its inode
		t.Fatal(err)
	}
	for range 200 { // whether the library dies early or late is a matter of luck
		got, err := tailSpan(f, span{from: 5, last: 10, end: 14})
		if err != nil || !slices.Equal(got, []string{"one", "", "two"}) {
			t.Fatalf("lines %q, %v", got, err)
		}
	}
}

func TestLinesOfAnyEncodingBecomeText(t *testing.T) {
	const words = "エラー: ディスク /dev/sda の空き容量がありません"
	euc, _ := japanese.EUCJP.NewEncoder().String(words)
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(words)
	jis, _ := japanese.ISO2022JP.NewEncoder().String(words)
	latin, _ := charmap.ISO8859_1.NewEncoder().String("Gerät nicht verfügbar, größer als erwartet")
	for _, c := range []struct{ name, declared, raw, want string }{
		{"UTF-8", "auto", words, words},
		{"EUC-JP, guessed", "auto", euc, words},
		{"Shift_JIS, guessed", "auto", sjis, words},
		{"ISO-2022-JP, guessed", "auto", jis, words},
		{"Latin-1, guessed", "auto", latin, "Gerät nicht verfügbar, größer als erwartet"},
		{"EUC-JP, declared", "euc-jp", euc, words},
		{"Shift_JIS, declared", "shift_jis", sjis, words},
		{"ISO-2022-JP, declared", "iso-2022-jp", jis, words},
		{"Latin-1, declared", "latin-1", latin, "Gerät nicht verfügbar, größer als erwartet"},
		{"UTF-8 where EUC-JP is declared", "euc-jp", words, words},
		{"not UTF-8 though declared", "utf-8", "a\xffb", "a\ufffdb"},
		{"NUL and CR", "auto", "a\x00b\r", "a␀b"},
	} {
		if got := newDecoder(c.declared).text(c.raw); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAGuessIsOfTheFileAndNotOfOneLine(t *testing.T) {
	d := newDecoder("auto")
	sjis := func(s string) string { b, _ := japanese.ShiftJIS.NewEncoder().String(s); return b }
	for range 3 {
		d.text(sjis("サービスを開始しました"))
	}
	// Alone these bytes look like EUC-JP just as well.
	if got := d.text(sjis("ｱｲｳ")); got != "ｱｲｳ" {
		t.Errorf("%q", got)
	}
}

func TestAFileOfUTF16IsKnownByItsMark(t *testing.T) {
	for name, e := range map[string]xunicode.Endianness{"little": xunicode.LittleEndian, "big": xunicode.BigEndian} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "a.log")
			r.start()
			text, err := xunicode.UTF16(e, xunicode.UseBOM).NewEncoder().String("one\r\n日本語\r\nthree\r\n")
			r.do(err)
			r.write("a.log", text)
			r.want("one", "日本語", "three")
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("auto", "\xa4\xa8\x83\x47\x1b$B")
	f.Add("utf-16le", "\x00a\x00\r\x00")
	f.Fuzz(func(t *testing.T, declared, raw string) {
		if _, ok := encodings()[declared]; !ok {
			return
		}
		if got := newDecoder(declared).text(raw); !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("%q", got)
		}
	})
}

func TestRotatedNamesAreKnown(t *testing.T) {
	for name, want := range map[string]bool{
		"app.log.1": true, "app.log.12.gz": true, "app.log-20260131": true, "app.log-20260131-1769850000.xz": true, "app.log.old": true,
		"app.1.log": true, "app-20260131.log.gz": true,
		"app.log": false, "app-2.log": false, "app.log.bak": false, "apple.log": false, "app.log.1~": false, "other.log.1": false,
	} {
		if got := rotatedName("app.log", name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	in := []string{"app.log.10", "app.log.2", "app.log.1.gz"}
	if !slices.IsSortedFunc(in, func(a, b string) int { return turn(a) - turn(b) }) || turn("app.log-20260101.gz") >= turn("app.log-20260102") {
		t.Error("rotated files are not in the order in which they were written")
	}
}

func position() Position {
	return Position{ID: 7, Path: "/var/log/日本 \"x\"", Dev: 1, Ino: 2, Head: Print{4, 5}, Anchor: Print{3, 9}, Offset: 10, Skip: true, Done: true, Since: -1}
}

func FuzzPosition(f *testing.F) {
	f.Add(position().String())
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err != nil {
			return
		}
		if again, err := ParsePosition(p.String()); err != nil || again != p {
			t.Errorf("%q: %+v became %+v, %v", s, p, again, err)
		}
	})
}

func FuzzState(f *testing.F) {
	f.Add([]byte(seal(position().String()) + seal("forget 7") + seal(followed("/a*")) + "torn"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := parseState(bytes.NewReader(b)); err != nil {
			t.Error(err)
		}
	})
}

func TestWhereverACrashCutsTheStateOnlyItsLastLineIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := &stateFile{path: path}
	p := position()
	for i := range 5 {
		p.Offset = int64(10 + i)
		if err := s.append([]string{p.String()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		was, _, err := readState(path)
		if err != nil {
			t.Fatal(err)
		}
		// What is appended after the crash is whole.
		after := &stateFile{path: path}
		q := p
		q.ID, q.Offset = 8, 99
		if err := after.append([]string{q.String()}); err != nil {
			t.Fatal(err)
		}
		if err := after.close(); err != nil {
			t.Fatal(err)
		}
		is, _, err := readState(path)
		if err != nil || is.positions[8] != q || is.positions[7] != was.positions[7] {
			t.Fatalf("cut at %d: %+v, %v; before %+v", cut, is, err, was)
		}
	}
}

func TestTheStateIsWrittenAnewWhenMostOfItIsOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f := &Follower{acks: newLedger(path, 0, newHistory(nil))}
	p := position()
	p.Done = false
	f.acks.follow("/var/log/*")
	for i := range 3 {
		p.Offset = int64(100 + i)
		f.Ack(p)
		if i == 2 {
			f.acks.file.lines = compactLines + 1
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
	}
	was, lines, err := readState(path)
	if err != nil || lines != 2 || was.positions[7] != p || !was.patterns["/var/log/*"] {
		t.Errorf("%d lines, %+v, %v", lines, was, err)
	}
	if err := f.acks.file.close(); err != nil {
		t.Fatal(err)
	}
}

func TestFaultsOfTheConfigurationSayWhereAndWhat(t *testing.T) {
	c := Config{MaxLine: 1, MaxOpen: 1, Linger: 0, Files: []Source{{Path: "relative", Exclude: []string{"["}, Encoding: "klingon", From: "middle", Rotated: "x"}}}
	err := c.Validate()
	for _, want := range []string{"max_line: ", "max_open: ", "linger: ", "files[0].path: ", "files[0].exclude[0]: ", "files[0].encoding: ", "files[0].from: ", "files[0].rotated: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = DefaultConfig()
	c.Files = []Source{DefaultSource("/var/log/*.log"), {Path: "/var/log/x"}}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

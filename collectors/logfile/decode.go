package logfile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	xunicode "golang.org/x/text/encoding/unicode"
)

// encodings are the names that a source may declare. nil is decided by the bytes.
func encodings() map[string]encoding.Encoding {
	return map[string]encoding.Encoding{
		"auto": nil, "utf-8": nil,
		"euc-jp": japanese.EUCJP, "shift_jis": japanese.ShiftJIS, "iso-2022-jp": japanese.ISO2022JP,
		// Latin-1 as it is met: with the printable characters that Windows put
		// into the range of C1.
		"latin-1":  charmap.Windows1252,
		"utf-16le": xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM),
		"utf-16be": xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM),
	}
}

// decoder makes the text of a file's lines. A line that is UTF-8 is taken as it
// is, whatever the source declares, save for the encodings of which ASCII is no
// part. Other lines are decoded as declared or, with auto, as the encoding that
// fits best to the lines of the file so far. It is for one goroutine.
type decoder struct {
	name    string
	fixed   encoding.Encoding
	guesses []guess
}

// guess is an encoding and how well it has fitted.
type guess struct {
	enc   encoding.Encoding
	score int
}

func newDecoder(name string) *decoder {
	d := &decoder{name: name, fixed: encodings()[name]}
	if name == "auto" {
		d.guesses = []guess{{enc: japanese.EUCJP}, {enc: japanese.ShiftJIS}, {enc: charmap.Windows1252}}
	}
	return d
}

// wide says whether the file's characters have two bytes.
func (d *decoder) wide() bool { return strings.HasPrefix(d.name, "utf-16") }

// text decodes one line, of which the end was taken off by its byte '\n'.
func (d *decoder) text(raw string) string {
	if d.wide() {
		raw = d.narrow(raw)
	} else if strings.Contains(raw, "\x1b$") || !utf8.ValidString(raw) {
		raw = d.foreign(raw)
	}
	raw = strings.TrimSuffix(raw, "\r")
	if strings.IndexByte(raw, 0) >= 0 {
		raw = strings.ReplaceAll(raw, "\x00", "\u2400")
	}
	return raw
}

// narrow decodes a line of UTF-16. The other half of a line end is at its
// beginning (little endian) or its end (big endian).
func (d *decoder) narrow(raw string) string {
	if d.name == "utf-16le" && len(raw)%2 == 1 {
		raw = strings.TrimPrefix(raw, "\x00")
	} else if d.name == "utf-16be" {
		raw = strings.TrimSuffix(raw, "\x00")
	}
	return strings.TrimPrefix(decode(d.fixed, raw), "\ufeff")
}

// foreign decodes a line that is not UTF-8.
func (d *decoder) foreign(raw string) string {
	if strings.Contains(raw, "\x1b$") && (d.name == "auto" || d.name == "iso-2022-jp") {
		if s := decode(japanese.ISO2022JP, raw); !strings.ContainsRune(s, utf8.RuneError) {
			return s
		}
	}
	switch {
	case d.fixed != nil:
		return decode(d.fixed, raw)
	case len(d.guesses) == 0:
		return strings.ToValidUTF8(raw, string(utf8.RuneError))
	}
	best := 0
	for i := range d.guesses {
		g := &d.guesses[i]
		g.score = min(max(g.score+fit(decode(g.enc, raw)), -maxScore), maxScore)
		if g.score > d.guesses[best].score {
			best = i
		}
	}
	return decode(d.guesses[best].enc, raw)
}

// maxScore bounds what a file's past weighs: it may change its encoding.
const maxScore = 1000

// fit rates how much a decoded line looks like one that somebody wrote.
func fit(s string) int {
	score := 0
	for _, r := range s {
		switch {
		case r < 0x80:
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Co, r):
			score -= 20
		case unicode.In(r, unicode.Hiragana), r >= 0x30a0 && r <= 0x30ff: // Katakana of full width
			score += 4
		case unicode.Is(unicode.Han, r):
			score += 3
		case r >= 0xff61 && r <= 0xff9f: // of half width: what EUC-JP looks like as Shift_JIS
			score--
		case r <= 0xff && unicode.IsLetter(r):
			score++
		case r <= 0xff: // ¤ « ±: what Japanese looks like as Latin-1
			score--
		}
	}
	return score
}

func decode(e encoding.Encoding, raw string) string {
	s, err := e.NewDecoder().String(raw)
	if err != nil {
		return strings.ToValidUTF8(raw, string(utf8.RuneError))
	}
	return strings.ToValidUTF8(s, string(utf8.RuneError))
}

// byteOrder returns the declared encoding, or that of a file's byte order mark.
func byteOrder(declared string, head []byte) string {
	switch {
	case declared != "auto":
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "utf-16be"
	}
	return declared
}

package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// frames reads a whole stream.
func frames(r io.Reader, limit int) (list []string, err error) {
	f := framer{r: bufio.NewReaderSize(r, 64), limit: limit, begun: func() {}}
	buf := make([]byte, 0, limit)
	for {
		one, err := f.next(buf)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return list, err
		}
		text := string(one.bytes)
		if one.cut {
			text += "…"
		}
		if one.half {
			text += "?"
		}
		list = append(list, text)
	}
}

func TestBothFramingsAreFoundInOneStream(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"<1>a\n<1>b\n", []string{"<1>a", "<1>b"}},
		{"<1>a\x00<1>b\x00", []string{"<1>a", "<1>b"}},
		{"<1>a\r\n<1>b\r\n", []string{"<1>a\r", "<1>b\r"}},
		{"4 <1>a4 <1>b", []string{"<1>a", "<1>b"}},
		{"4 <1>a\n4 <1>b\n", []string{"<1>a", "<1>b"}},
		{"4 <1>a<1>b\n4 <1>c", []string{"<1>a", "<1>b", "<1>c"}},
		{"8 <1>a\nb\x00c4 <1>d", []string{"<1>a\nb\x00c", "<1>d"}},
		{"4 <1>a3 no!", []string{"<1>a", "no!"}},
		{"2026 Nov 3\n12 apples\n", []string{"2026 Nov 3", "12 apples"}},
		{"no PRI\n", []string{"no PRI"}},
		{"\n\n\x00<1>a\n", []string{"<1>a"}},
		{"<1>abcdefghijklmnop\n<1>b\n", []string{"<1>abcdefg…", "<1>b"}},
		{"16 <1>abcdefghijklm4 <1>b", []string{"<1>abcdefg…", "<1>b"}},
		{"<1>half", []string{"<1>half…?"}},
		{"9 <1>half", []string{"<1>half…?"}},
		{"30 <1>abcdefghijklmnop", []string{"<1>abcdefg…?"}},
		{"12", []string{"12…?"}},
		{"12 ", []string{"12 …?"}},
		{"4 <1>a12", []string{"<1>a", "12…?"}},
	} {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in))} {
			if got, err := frames(r, 10); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q %s: %q, %v; want %q", c.in, name, got, err, c.want)
			}
		}
	}
	for _, in := range []string{"99999999 <1>a", "4 <1>a999999999 <1>b"} {
		if _, err := frames(strings.NewReader(in), 10); !errors.Is(err, errFraming) {
			t.Errorf("%q: %v, want %v", in, err, errFraming)
		}
	}
}

// FuzzFrames: a stream of any bytes ends, in bounded memory; and messages that were
// framed either way come out as they went in.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("4 <1>a<1>b\n9 <1>c"), uint64(1))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		got, _ := frames(bytes.NewReader(raw), 100)
		for _, one := range got {
			if len(one) > 100+len("…?") {
				t.Errorf("%d bytes of a message", len(one))
			}
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		var stream bytes.Buffer
		var want []string
		for part := range bytes.SplitSeq(raw, []byte("\n")) {
			one := "<13>" + strings.ReplaceAll(string(part), "\x00", "")
			want = append(want, one)
			if rnd.IntN(2) == 0 {
				fmt.Fprintf(&stream, "%d %s", len(one), one)
			} else {
				stream.WriteString(one + []string{"\n", "\x00"}[rnd.IntN(2)])
			}
		}
		if got, err := frames(&stream, 1<<20); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	})
}

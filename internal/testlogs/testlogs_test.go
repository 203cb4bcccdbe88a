package testlogs

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestTheSameSeedIsTheSameText(t *testing.T) {
	var a, b, c bytes.Buffer
	lines, err := Write(&a, 200_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	Write(&b, 200_000, 1)
	Write(&c, 200_000, 2)
	if !bytes.Equal(a.Bytes(), b.Bytes()) || bytes.Equal(a.Bytes(), c.Bytes()) {
		t.Error("the seed does not decide the text")
	}
	if n := int64(bytes.Count(a.Bytes(), []byte("\n"))); n != lines || a.Len() < 200_000 {
		t.Errorf("%d lines, said %d; %d bytes", n, lines, a.Len())
	}
	if strings.Contains(a.String(), "%!") {
		t.Error("a line's form and what fills it differ")
	}
}

func TestEachFaultIsMatchedByItsExpression(t *testing.T) {
	lines := Faults(106)
	for i, e := range Expressions(106) {
		if !regexp.MustCompile(e).MatchString(lines[i]) {
			t.Errorf("%s does not match %q", e, lines[i])
		}
	}
}

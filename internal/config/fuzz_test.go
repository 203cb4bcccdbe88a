package config_test

import (
	"testing"
	"time"

	. "monitord/internal/config" // see config_test.go
)

// FuzzParse holds that no bytes panic or take long, and that each fault has a place.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "a: 1", "a: [1, {b: c}]", "- a\n- b", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n", "a: |\n  text\n", "? a\n: b", "!!str a",
		"a: 'x''y'", "{a: 1, a: 2}", "\ta: 1", "--- a\n...\n--- b", "a: \"\\u3042\"", "%YAML 1.2\n---\na: b", "hosts:\n  \n", "&a", "*a", "<<: 1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		start := time.Now()
		n, err := ParseBytes("f", raw)
		if faults, ok := err.(Faults); err != nil && !ok || ok && len(faults) == 0 {
			t.Fatalf("error of type %T", err)
		} else if ok && faults[0].Place.IsZero() {
			t.Fatalf("a fault without a place: %v", err)
		}
		if n != nil {
			_ = Decode(n, "", defaults())
			n.Locate("a[0].b")
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %s for %d bytes", took, len(raw))
		}
	})
}

// FuzzDuration holds that what is read is the same when written and read again.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"1s", "1d", "-2w3d4h", "0", "1h0m", "9999d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		again, err := ParseDuration(FormatDuration(d))
		if err != nil || again != d {
			t.Fatalf("%q is %v, written %q, read %v %v", s, d, FormatDuration(d), again, err)
		}
	})
}

package discover

import (
	"strings"
	"testing"
)

func TestRangesAndNetworksAreSpelledOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, first, last string
		count             int
	}{
		{"public@192.0.2.0/24", "192.0.2.1", "192.0.2.254", 254},
		{"192.0.2.4/31", "192.0.2.4", "192.0.2.5", 2},
		{"192.0.2.1/32", "192.0.2.1", "192.0.2.1", 1},
		{"192.0.2.1-50:1161", "192.0.2.1", "192.0.2.50", 50},
		{"192.0.2.250-192.0.3.5", "192.0.2.250", "192.0.3.5", 12},
		{"2001:db8::/126", "2001:db8::", "2001:db8::3", 4},
		{"core-1.example.net", "core-1.example.net", "core-1.example.net", 1},
		{"a@b@h", "h", "h", 1},
	} {
		got, err := ParseTarget(c.text)
		if err != nil || len(got) != c.count || got[0].Address != c.first || got[len(got)-1].Address != c.last {
			t.Errorf("%s: %d, %v", c.text, len(got), err)
		}
	}
	for _, bad := range []string{"", "@h", "192.0.2.9-3", "192.0.2.0/33", "10.0.0.0/8", "192.0.2.1-x", "h:0", "192.0.2.1-2001:db8::1"} {
		if got, err := ParseTarget(bad); err == nil {
			t.Errorf("%q: %d targets", bad, len(got))
		}
	}
}

func TestAFileOfTargetsNamesTheLineAndNoCommunity(t *testing.T) {
	t.Parallel()
	got, err := ReadTargets("f", strings.NewReader("# ours\npublic@192.0.2.1 # sw1\n\nprivate@192.0.2.2:1161\n"))
	if err != nil || len(got) != 2 || got[1].Community != "private" || got[1].Port != 1161 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = ReadTargets("f", strings.NewReader("\nword@192.0.2.0/99\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "f:2: ") || strings.Contains(err.Error(), "word") {
		t.Errorf("%v", err)
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"public@192.0.2.0/24", "192.0.2.1-50", "[::1]:161", "udp6:[::1]", "a@b", "1.2.3.4-1.2.3.9:1", "::/120", "0.0.0.0/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTarget(s)
		if err == nil && (len(got) == 0 || len(got) > MaxTargets) {
			t.Errorf("%q: %d targets", s, len(got))
		}
		for _, one := range got {
			if err == nil && (one.Address == "" || one.Port < 1 || one.Port > 65535) {
				t.Errorf("%q: %+v", s, one)
			}
		}
	})
}

package acktoken

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	now  = time.Date(2026, 11, 29, 3, 14, 0, 0, time.UTC)
	noc  = Recipient{"noc", "mail", "noc@example.net"}
	boss = Recipient{"boss", "mail", "boss@example.net"}
)

func testSigner(b byte) *Signer { return New(bytes.Repeat([]byte{b}, KeyLength)) }

func TestATokenOpensOneIncidentForOneRecipient(t *testing.T) {
	s := testSigner(1)
	token := s.Sign(2231, noc, now.Add(7*24*time.Hour))
	if !regexp.MustCompile(`^[a-z2-7]{56}$`).MatchString(token) {
		t.Fatalf("token %q is not safe in a link and a local part", token)
	}
	if got := len("ack+" + token); got > 64 {
		t.Errorf("a local part of %d octets; RFC 5321 allows 64", got)
	}
	for _, form := range []string{token, strings.ToUpper(token), strings.ToUpper(token[:1]) + token[1:]} {
		g, err := s.Verify(form, now)
		if err != nil {
			t.Fatal(err)
		}
		if g.Incident != 2231 || !g.Expires.Equal(now.Add(7*24*time.Hour)) || !s.For(g, noc) || s.For(g, boss) {
			t.Errorf("%s opens incident %d until %s, for noc %v, for boss %v", form, g.Incident, g.Expires, s.For(g, noc), s.For(g, boss))
		}
	}
	if again := s.Sign(2231, noc, now.Add(7*24*time.Hour)); again != token {
		t.Error("the same message has two tokens: a repeat would not read the same")
	}
}

func TestARecipientIsNamedByAllItsParts(t *testing.T) {
	s := testSigner(1)
	g, err := s.Verify(s.Sign(1, Recipient{"a", "b", "c"}, now.Add(time.Hour)), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []Recipient{{"a", "b", "d"}, {"a", "c", "c"}, {"d", "b", "c"}, {"a\x00b", "", "c"}, {"ab", "c", ""}} {
		if s.For(g, other) {
			t.Errorf("%q is taken for {a b c}", other)
		}
	}
}

func TestATokenThatDoesNotCountSaysWhy(t *testing.T) {
	s, other := testSigner(1), testSigner(2)
	token := s.Sign(2231, noc, now.Add(time.Hour))
	flipped := func(at int) string { // another character in its place
		c := byte('a')
		if token[at] == c {
			c = 'b'
		}
		return token[:at] + string(c) + token[at+1:]
	}
	for name, c := range map[string]struct {
		token string
		at    time.Time
		want  error
	}{
		"expired":            {token, now.Add(time.Hour), ErrExpired},
		"the last second":    {token, now.Add(time.Hour - time.Second), nil},
		"another key":        {other.Sign(2231, noc, now.Add(time.Hour)), now, ErrOtherInstallation},
		"another incident":   {flipped(18), now, ErrForged},
		"another recipient":  {flipped(25), now, ErrForged},
		"a longer life":      {flipped(7), now, ErrForged},
		"another signature":  {flipped(55), now, ErrForged},
		"expired and forged": {flipped(55), now.Add(48 * time.Hour), ErrForged},
		"another version":    {flipped(0), now, ErrMalformed},
		"short":              {token[:55], now, ErrMalformed},
		"long":               {token + "a", now, ErrMalformed},
		"not base32":         {token[:55] + "1", now, ErrMalformed},
		"nothing":            {"", now, ErrMalformed},
	} {
		if g, err := s.Verify(c.token, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		} else if err != nil && g != (Grant{}) {
			t.Errorf("%s: a refused token gives %+v", name, g)
		}
	}
}

func TestEveryBitOfATokenIsSigned(t *testing.T) {
	s := testSigner(1)
	raw, err := encoding.DecodeString(s.Sign(2231, noc, now.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(raw) {
		raw[bit/8] ^= 1 << (bit % 8)
		if _, err := s.Verify(encoding.EncodeToString(raw), now); err == nil {
			t.Errorf("bit %d can be changed", bit)
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
}

func TestANumberThatDoesNotFitHasNoToken(t *testing.T) {
	s := testSigner(1)
	for _, n := range []int64{0, -1, MaxIncident + 1} {
		if token := s.Sign(n, noc, now); token != "" {
			t.Errorf("incident %d has the token %s", n, token)
		}
	}
	if g, err := s.Verify(s.Sign(MaxIncident, noc, now.Add(time.Hour)), now); err != nil || g.Incident != MaxIncident {
		t.Errorf("the highest number: %+v, %v", g, err)
	}
}

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "ack.key")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != KeyLength {
		t.Errorf("key: %v, %v", info, err)
	}
	second, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Verify(first.Sign(1, noc, now.Add(time.Hour)), now); err != nil {
		t.Errorf("a restart makes links worthless: %v", err)
	}
	third, err := Open(filepath.Join(t.TempDir(), "ack.key"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := third.Verify(first.Sign(1, noc, now.Add(time.Hour)), now); err == nil {
		t.Error("two installations made the same key")
	}
}

func TestAKeyThatIsNoSecretOrNoKeyIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ack.key")
	if err := os.WriteFile(path, make([]byte, KeyLength), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "others may read") {
		t.Errorf("a key that all may read: %v", err)
	}
	if err := errors.Join(os.WriteFile(path, make([]byte, 7), 0o600), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "7 bytes") {
		t.Errorf("a key that was cut: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	s := testSigner(1)
	good := s.Sign(2231, noc, now.Add(time.Hour))
	for _, seed := range []string{good, "", strings.Repeat("a", Length), testSigner(2).Sign(1, noc, now)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := s.Verify(token, now); err == nil && strings.ToLower(token) != good {
			t.Errorf("%q counts, and was never made", token)
		}
	})
}

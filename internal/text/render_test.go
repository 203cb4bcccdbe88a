package text

import (
	"encoding/json"
	"math"
	"testing"
	"testing/fstest"
	"time"
)

func TestNumbersKeepThreeSignificantDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.1: "0.1", 1.5: "1.5", 12.34: "12.3", 123.4: "123", 1234: "1234", 99.96: "100",
		0.000123: "0.000123", -2.5: "-2.5", 1e15: "1e+15", math.Inf(1): "∞",
	} {
		if got := FormatNum(v); got != want {
			t.Errorf("FormatNum(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestCountsAreGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 3481220: "3,481,220", -1: "0", 123456: "123,456"} {
		if got := FormatCount(n); got != want {
			t.Errorf("%d: %s; want %s", n, got, want)
		}
	}
	if got := FormatCount(uint64(1) << 63); got != "9,223,372,036,854,775,808" {
		t.Error(got)
	}
}

func TestSpansReadAsPeopleSayThem(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		en, ja string
	}{
		{0, "0 s", "0秒"},
		{350 * time.Microsecond, "350 µs", "350 µs"},
		{12 * time.Millisecond, "12 ms", "12 ms"},
		{2400 * time.Millisecond, "2.4 s", "2.4秒"},
		{38 * time.Second, "38 s", "38秒"},
		{190 * time.Second, "3 min 10 s", "3分10秒"},
		{60 * time.Second, "1 min", "1分"},
		{232 * time.Minute, "3 h 52 min", "3時間52分"},
		{24*time.Hour + 5*time.Second, "1 d", "1日"},
		{-90 * time.Second, "−1 min 30 s", "−1分30秒"},
	} {
		if got := FormatDur(English, c.d); got != c.en {
			t.Errorf("en %v: got %q, want %q", c.d, got, c.en)
		}
		if got := FormatDur(Japanese, c.d); got != c.ja {
			t.Errorf("ja %v: got %q, want %q", c.d, got, c.ja)
		}
	}
}

func TestBytesStepByThousandTwentyFour(t *testing.T) {
	for v, want := range map[float64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1.5 * (1 << 30): "1.5 GiB", -2048: "-2 KiB"} {
		if got := FormatBytes(v); got != want {
			t.Errorf("FormatBytes(%v) = %q, want %q", v, got, want)
		}
	}
}

func testCatalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := New(fstest.MapFS{"catalogue/t.yaml": {Data: []byte(`
full: {en: "{item} {used} full, {n} {n|mount|mounts}", ja: "{item}は使用率{used}、{n}件"}
outer: {en: "cause: {inner}", ja: "原因: {inner}"}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMessagesRenderInBothLanguagesAlsoAfterJSON(t *testing.T) {
	c := testCatalogue(t)
	m := M("outer", Sub("inner", M("full", Str("item", "/var"), Ratio("used", 0.934), Int("n", 1))))
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Message
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if got, want := c.Render(English, nil, back), "cause: /var 93.4 % full, 1 mount"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := c.Render(Japanese, nil, back), "原因: /varは使用率93.4 %、1件"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnUnknownSentenceIsShownByItsName(t *testing.T) {
	if got, want := testCatalogue(t).Render(English, nil, M("newer.one", Int("port", 80))), "newer.one port=80"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestACatalogueWithAHoleIsRefused(t *testing.T) {
	for name, data := range map[string]string{
		"a language missing":   `a: {en: "x"}`,
		"placeholders differ":  `a: {en: "{x}", ja: "{y}"}`,
		"a key that is no one": `a: {en: "x", ja: "x", fr: "x"}`,
	} {
		if _, err := New(fstest.MapFS{"catalogue/t.yaml": {Data: []byte(data)}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzRender: messages come from probes, so any JSON must render without a
// panic and without endless depth.
func FuzzRender(f *testing.F) {
	f.Add([]byte(`{"id":"outer","args":[{"n":"inner","k":"msg","m":{"id":"full","args":[{"n":"used","k":"ratio","v":1e308}]}}]}`))
	f.Add([]byte(`{"id":"verbatim","args":[{"n":"text","k":"str","s":"x"}]}`))
	f.Add([]byte(`{"id":"full","args":[{"n":"n","k":"time","v":-1e300}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m Message
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		c := testCatalogue(t)
		c.Render(English, time.UTC, m)
		c.Render(Japanese, nil, m)
	})
}

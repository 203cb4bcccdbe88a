package text

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Render writes a message in a language, times in zone (nil means UTC). An
// unknown ID renders as the ID and its arguments: it is better than silence,
// and it happens when a newer probe speaks to an older server.
func (c *Catalogue) Render(lang Lang, zone *time.Location, m Message) string {
	if m.IsZero() {
		return ""
	}
	if m.ID == verbatimID {
		return c.arg(lang, zone, m, "text", "", 0)
	}
	pattern, ok := c.pattern(lang, m.ID)
	if !ok {
		return c.unknown(lang, zone, m)
	}
	return c.fill(lang, zone, m, pattern, 0)
}

// maxDepth bounds messages inside messages: what a peer sent may be nested
// without end.
const maxDepth = 4

func (c *Catalogue) fill(lang Lang, zone *time.Location, m Message, pattern string, depth int) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inside, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			return b.String()
		}
		name, forms, _ := strings.Cut(inside, "|")
		b.WriteString(c.arg(lang, zone, m, name, forms, depth))
		pattern = after
	}
}

// arg writes one argument. forms is "one|other" of a plural placeholder such
// as {n|service|services}: it writes the word only, not the number.
func (c *Catalogue) arg(lang Lang, zone *time.Location, m Message, name, forms string, depth int) string {
	for _, a := range m.Args {
		if a.Name != name {
			continue
		}
		if forms != "" {
			one, other, _ := strings.Cut(forms, "|")
			if a.Num == 1 {
				return one
			}
			return other
		}
		if a.Kind == KindMsg && a.Msg != nil {
			if depth >= maxDepth {
				return "…"
			}
			if p, ok := c.pattern(lang, a.Msg.ID); ok {
				return c.fill(lang, zone, *a.Msg, p, depth+1)
			}
			if a.Msg.ID == verbatimID && len(a.Msg.Args) == 1 {
				return a.Msg.Args[0].Str
			}
			return a.Msg.ID
		}
		return FormatArg(lang, zone, a)
	}
	return "{" + name + "}"
}

func (c *Catalogue) unknown(lang Lang, zone *time.Location, m Message) string {
	parts := []string{m.ID}
	for _, a := range m.Args {
		parts = append(parts, a.Name+"="+FormatArg(lang, zone, a))
	}
	return strings.Join(parts, " ")
}

// FormatArg writes one value as people read it.
func FormatArg(lang Lang, zone *time.Location, a Arg) string {
	switch a.Kind {
	case KindInt:
		return strconv.FormatFloat(a.Num, 'f', 0, 64)
	case KindNum:
		return FormatNum(a.Num)
	case KindDur:
		return FormatDur(lang, time.Duration(clampSeconds(a.Num)*float64(time.Second)))
	case KindBytes:
		return FormatBytes(a.Num)
	case KindRatio:
		return FormatNum(a.Num*100) + " %"
	case KindTime:
		if zone == nil {
			zone = time.UTC
		}
		sec, frac := math.Modf(a.Num)
		return FormatTime(lang, time.Unix(int64(sec), int64(frac*1e9)).In(zone))
	}
	return a.Str
}

// clampSeconds keeps a span inside what time.Duration holds.
func clampSeconds(s float64) float64 {
	const limit = 9e9 // 285 years
	switch {
	case math.IsNaN(s):
		return 0
	case s > limit:
		return limit
	case s < -limit:
		return -limit
	}
	return s
}

// FormatNum writes a number with at most three significant digits, never in
// exponent form between 1e-4 and 1e15.
func FormatNum(v float64) string {
	abs := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == 0:
		return "0"
	case abs < 1e-4 || abs >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := max(2-int(math.Floor(math.Log10(abs))), 0)
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// FormatCount writes a count with a comma each three digits: 3,481,220.
func FormatCount[N ~int | ~int64 | ~uint64](n N) string {
	digits := strconv.FormatUint(uint64(max(n, 0)), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// FormatBytes writes an amount of data in powers of 1024.
func FormatBytes(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for math.Abs(v) >= 1023.5 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return FormatNum(v) + " " + units[i]
}

// durUnits are the steps of FormatDur, largest first.
var durUnits = []struct {
	size   time.Duration
	en, ja string
}{
	{24 * time.Hour, " d", "日"},
	{time.Hour, " h", "時間"},
	{time.Minute, " min", "分"},
	{time.Second, " s", "秒"},
}

// FormatDur writes a span as "3 min 10 s" or "3分10秒": the two largest units,
// milliseconds and microseconds below a second, one decimal below ten seconds.
func FormatDur(lang Lang, d time.Duration) string {
	if d < 0 {
		return "−" + FormatDur(lang, -d)
	}
	second := " s"
	if lang == Japanese {
		second = "秒"
	}
	switch {
	case d == 0:
		return "0" + second
	case d < time.Millisecond:
		return FormatNum(float64(d)/1e3) + " µs"
	case d < time.Second:
		return FormatNum(float64(d)/1e6) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + second
	}
	d = d.Round(time.Second)
	var parts []string
	for i, u := range durUnits {
		n := d / u.size
		if n == 0 && len(parts) == 0 {
			continue
		}
		d -= n * u.size
		if n > 0 {
			name := u.en
			if lang == Japanese {
				name = u.ja
			}
			parts = append(parts, strconv.FormatInt(int64(n), 10)+name)
		}
		if len(parts) == 2 || (len(parts) == 1 && n == 0) || i == len(durUnits)-1 {
			break
		}
	}
	if lang == Japanese {
		return strings.Join(parts, "")
	}
	return strings.Join(parts, " ")
}

// FormatTime writes a moment in its own zone: "Sun 22 Nov 02:54" or
// "11月22日(日) 02:54".
func FormatTime(lang Lang, t time.Time) string {
	if lang == Japanese {
		day := []string{"日", "月", "火", "水", "木", "金", "土"}[t.Weekday()]
		return t.Format("1月2日(") + day + t.Format(") 15:04")
	}
	return t.Format("Mon 2 Jan 15:04")
}

package logs

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// threshold reads type, count, seconds and track_by.
func (p *swatchParser) threshold(o options) (*gate, error) {
	g := &gate{swatch: true}
	kinds := map[string]gateKind{"limit": gateLimit, "threshold": gateThreshold, "both": gateBoth}
	kind, ok := kinds[o.named["type"]]
	if !ok {
		return nil, fmt.Errorf("type %q (want limit, threshold or both)", o.named["type"])
	}
	g.kind = kind
	count, err := strconv.Atoi(o.named["count"])
	if err != nil || count < 1 {
		return nil, fmt.Errorf("count %q (want a whole number from 1)", o.named["count"])
	}
	seconds, err := strconv.Atoi(o.named["seconds"])
	if err != nil || seconds < 0 || seconds > maxSpanSeconds {
		return nil, fmt.Errorf("seconds %q (want a whole number from 0)", o.named["seconds"])
	}
	g.count, g.within = count, time.Duration(seconds)*time.Second
	if v, ok := o.named["track_by"]; ok {
		if g.by, err = p.perlTemplate(v); err != nil {
			return nil, fmt.Errorf("track_by: %w", err)
		}
	}
	return g, nil
}

// maxSpanSeconds is a century.
const maxSpanSeconds = 100 * 366 * 24 * 3600

// throttle reads [days:]hours:minutes:seconds and a key.
func (p *swatchParser) throttle(o options) (*gate, error) {
	span := o.named["delay"]
	if len(o.plain) > 0 {
		span = o.plain[0]
	}
	seconds := 0
	units := []int{86400, 3600, 60, 1}
	fields := strings.Split(span, ":")
	if len(fields) > len(units) {
		return nil, fmt.Errorf("%q (want hours:minutes:seconds)", span)
	}
	for i, f := range fields {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || n < 0 || n > maxSpanSeconds/86400 {
			return nil, fmt.Errorf("%q (want hours:minutes:seconds)", span)
		}
		seconds += n * units[len(units)-len(fields)+i]
	}
	g := &gate{kind: gateThrottle, within: time.Duration(seconds) * time.Second, swatch: true}
	if key, ok := o.named["key"]; ok && key != "log" {
		by, err := p.perlTemplate(key)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		g.by = append(template{}, by...)
	}
	return g, nil
}

// parseHours reads DAYS:HOURS, each * or a number or a range.
func parseHours(s string) (*hours, error) {
	days, hoursText, ok := strings.Cut(s, ":")
	if !ok {
		hoursText = "*"
	}
	var h hours
	var err error
	if h.days, err = parseRanges(days, 6); err == nil {
		h.hours, err = parseRanges(hoursText, 23)
	}
	if err != nil {
		return nil, fmt.Errorf("when=%s: %w (want days 0-6 from Sunday, a colon, hours 0-23, such as 1-5:8-17)", s, err)
	}
	return &h, nil
}

func parseRanges(s string, most int) ([][2]int, error) {
	if s = strings.TrimSpace(s); s == "*" {
		return nil, nil
	}
	out := [][2]int{}
	for _, field := range strings.Split(s, ",") {
		low, high, isRange := strings.Cut(field, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.Atoi(strings.TrimSpace(low))
		to, err2 := strconv.Atoi(strings.TrimSpace(high))
		if err != nil || err2 != nil || from < 0 || to > most {
			return nil, fmt.Errorf("%q is no range", field)
		}
		out = append(out, [2]int{from, to})
	}
	return out, nil
}

package http

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"monitord/internal/config"
)

// StatusSet is a list of status codes and ranges of them: 200, 300-399.
type StatusSet []string

// Has reports whether the set holds a status code.
func (s StatusSet) Has(code int) bool {
	for _, part := range s {
		if lo, hi, err := parseStatus(part); err == nil && code >= lo && code <= hi {
			return true
		}
	}
	return false
}

func (s StatusSet) validate(path string) error {
	var faults []error
	for i, part := range s {
		if _, _, err := parseStatus(part); err != nil {
			faults = append(faults, config.Faultf(fmt.Sprintf("%s[%d]", path, i), "%v", err))
		}
	}
	return errors.Join(faults...)
}

// String lists the set as it is written.
func (s StatusSet) String() string { return strings.Join(s, ", ") }

// parseStatus reads 200 or 200-399.
func parseStatus(s string) (lo, hi int, err error) {
	from, to, isRange := strings.Cut(strings.TrimSpace(s), "-")
	if !isRange {
		to = from
	}
	lo, errLo := strconv.Atoi(from)
	hi, errHi := strconv.Atoi(to)
	if errLo != nil || errHi != nil || lo < 100 || hi > 599 || lo > hi {
		return 0, 0, fmt.Errorf("got %q; want a status such as 200 or a range such as 200-399", s)
	}
	return lo, hi, nil
}

//go:build accept

package cli

import (
	"math"
	"strconv"
	"strings"
)

// close compares a value of a local recording. Its trees were not read by sar
// itself but by another program just before sar started and just after it
// ended, so they hold up to slack seconds that sar did not see:
//
//   - Rates: what happens in the slack may be a burst; sixteen times the mean
//     rate is allowed for it, and five single events (sar and sadc are
//     themselves started in it). Its interval is 0.01 s longer as well.
//   - The run queue and the number of threads: whoever reads is one more or
//     less, sar and sadc are gone when the tree is read.
//   - Memory: sar's and sadc's own (about 1 MB, committed and inactive) and
//     what the load takes in the slack.
func (c *comparison) close(column, got, want string) bool {
	g, err1 := strconv.ParseFloat(got, 64)
	w, err2 := strconv.ParseFloat(want, 64)
	if err1 != nil || err2 != nil {
		return false
	}
	var allowed float64
	switch {
	case strings.HasPrefix(column, "kb"):
		allowed = 2048
	case column == "runq-sz" || column == "plist-sz" || column == "blocked" || strings.HasSuffix(column, "sck"):
		allowed = 3
	case strings.HasPrefix(column, "ldavg"), column == "%memused", column == "%commit":
		allowed = 0.1
	default:
		allowed = 16*c.slack/c.period*math.Abs(w) + 5/c.period
	}
	return math.Abs(g-w) <= allowed
}

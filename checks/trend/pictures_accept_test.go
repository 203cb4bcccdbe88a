//go:build accept

package trend

import (
	"fmt"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
	"monitord/internal/accept"
)

// acceptPictures tells the six pictures, twenty seeds each.
func acceptPictures(t *testing.T, c *accept.Count) {
	const seeds = 20
	for _, p := range pictureCases() {
		good := 0
		for seed := judging; seed < judging+seeds; seed++ {
			if fault := p.judge(t, seed); fault != "" {
				c.Fail("picture %s, seed %d: %s", p.name, seed, fault)
			} else {
				c.Pass()
				good++
			}
		}
		fmt.Printf("accept: trends: picture %-9s %d of %d\n", p.name, good, seeds)
	}
}

// pictureCase judges one picture; an empty fault is none.
type pictureCase struct {
	name  string
	judge func(t *testing.T, seed uint64) (fault string)
}

func pictureCases() []pictureCase {
	return []pictureCase{
		{"periodic", func(t *testing.T, seed uint64) string {
			out, _ := watch(t, trendgen.Periodic(seed).Series, DefaultConfig())
			return none(out)
		}},
		{"load", func(t *testing.T, seed uint64) string {
			p := trendgen.Periodic(seed)
			p.Values = p.Mate
			out, _ := watch(t, p.Series, DefaultConfig())
			return none(out)
		}},
		{"disk", judgeDisk}, {"burst", judgeBurst}, {"swap", swapStages}, {"ended", judgeEnded},
	}
}

func none(out []told) string {
	if len(out) == 0 {
		return ""
	}
	text := ""
	for _, f := range out {
		text += fmt.Sprintf(" %s %s at %s (onset %s);", f.Kind, f.Form, f.at.Format("2 Jan 15:04"), time.Unix(f.Onset, 0).UTC().Format("2 Jan 15:04"))
	}
	return "told" + text
}

func between(what string, d, low, high time.Duration) string {
	if d < low || d > high {
		return fmt.Sprintf("%s %v, want %v to %v", what, d, low, high)
	}
	return ""
}

func judgeDisk(t *testing.T, seed uint64) string {
	p := trendgen.Disk(seed)
	if p.Moment["full"].IsZero() {
		return "" // it fills too slowly to be full within the picture
	}
	c := DefaultConfig()
	c.Limit = &p.Limit
	out, d := watch(t, p.Series, c)
	if len(out) != 1 || out[0].Kind != Limit {
		return fmt.Sprintf("%d findings, want one limit", len(out))
	}
	if f := d.Findings()[0]; f.Severity != 2 || !f.Open() {
		return "not critical and open at the end"
	}
	return between("told before the disk is full:", p.Moment["full"].Sub(out[0].at), 24*time.Hour, c.Warn+12*time.Hour)
}

func judgeBurst(t *testing.T, seed uint64) string {
	p := trendgen.Burst(seed)
	out, _ := watch(t, p.Series, DefaultConfig())
	if len(out) != 1 || out[0].Kind != Surge {
		return fmt.Sprintf("%d findings, want one surge: %s", len(out), none(out))
	}
	return between("told after the burst began:", out[0].at.Sub(p.Moment["begin"]), 0, 20*time.Minute)
}

func judgeEnded(t *testing.T, seed uint64) string {
	p := trendgen.Ended(seed)
	out, _ := watch(t, p.Series, DefaultConfig())
	if len(out) != 1 || out[0].Form != RhythmLost {
		return fmt.Sprintf("%d findings, want one lost rhythm: %s", len(out), none(out))
	}
	// It ends at the quietest minute of the night: for an hour nothing of it shows.
	on := time.Unix(out[0].Onset, 0).Sub(p.Moment["end"]).Abs()
	fmt.Printf("accept: trends: picture ended, seed %d: onset misses by %v\n", seed, on)
	if fault := between("onset misses by", on, 0, 2*time.Hour); fault != "" {
		return fault
	}
	return between("told after the end:", out[0].at.Sub(p.Moment["end"]), 0, 12*time.Hour)
}

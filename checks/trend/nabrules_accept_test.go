//go:build accept

package trend

import (
	"math"
	"sort"
)

// nabPoint is one judged point in the rules of the Numenta Anomaly Benchmark.
type nabPoint struct {
	score, unit float64
	window      int // -1 outside
}

type nabProfile struct {
	name       string
	tp, fp, fn float64
}

func nabProfiles() []nabProfile {
	return []nabProfile{{"standard", 1, 0.11, 1}, {"reward_low_FP_rate", 1, 0.22, 1}, {"reward_low_FN_rate", 1, 0.11, 2}}
}

func sigmoid(p float64) float64 {
	if p > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*p)) - 1
}

// nabLeast is the lowest threshold that is looked at.
const nabLeast = 0.25

// nabPoints are the points of one file behind its probation; windows are pairs of
// indexes, both inclusive. ids gives each window a number.
func nabPoints(scores []float64, windows [][2]int, id int) []nabPoint {
	prob := min(int(0.15*float64(len(scores))), 750)
	var out []nabPoint
	cur, prevEnd, prevLen := -1, -1, 0.0
	for i, a := range scores {
		for w := range windows {
			if windows[w][0] == i {
				cur = w
			}
		}
		p := nabPoint{score: a, window: -1}
		switch {
		case cur >= 0:
			l := float64(windows[cur][1] - windows[cur][0] + 1)
			p.unit, p.window = sigmoid(-float64(windows[cur][1]-i+1)/l)/sigmoid(-1), id+cur
		case prevEnd < 0:
			p.unit = -1
		default:
			p.unit = sigmoid(float64(i-prevEnd) / (prevLen - 1))
		}
		first := cur >= 0 && i == max(prob, windows[cur][0])
		if i >= prob && (a >= nabLeast || first) { // lower scores are never asked for
			out = append(out, p)
		}
		if cur >= 0 && i == windows[cur][1] {
			prevEnd, prevLen, cur = i, float64(windows[cur][1]-windows[cur][0]+1), -1
		}
	}
	return out
}

// nabCurve is the normalised score by threshold; perfect is the number of windows.
func nabCurve(pts []nabPoint, perfect int, p nabProfile) (thresholds, scores []float64) {
	sort.Slice(pts, func(i, j int) bool { return pts[i].score > pts[j].score })
	best := map[int]float64{}
	for _, q := range pts {
		if q.window >= 0 {
			best[q.window] = -p.fn
		}
	}
	total := -p.fn * float64(len(best))
	null := total
	for i, q := range pts {
		if q.window < 0 {
			total += q.unit * p.fp
		} else if v := q.unit * p.tp; v > best[q.window] {
			total += v - best[q.window]
			best[q.window] = v
		}
		if i+1 == len(pts) || pts[i+1].score != q.score {
			thresholds = append(thresholds, q.score)
			scores = append(scores, 100*(total-null)/(float64(perfect)*p.tp-null))
		}
	}
	return thresholds, scores
}

// nabBest is the threshold whose neighbourhood is best: a single lucky threshold
// does not carry over to other files.
func nabBest(pts []nabPoint, perfect int, p nabProfile) (threshold, score float64) {
	th, sc := nabCurve(pts, perfect, p)
	at := func(threshold float64) float64 {
		i := sort.Search(len(th), func(i int) bool { return th[i] < threshold })
		if i == 0 {
			return 0
		}
		return sc[i-1]
	}
	score = -1e9
	for t := 0.3; t < 0.8; t += 0.005 {
		if mean := (at(t-0.01) + at(t-0.005) + at(t) + at(t+0.005) + at(t+0.01)) / 5; mean > score {
			threshold, score = t, mean
		}
	}
	return threshold, score
}

func nabAt(pts []nabPoint, perfect int, p nabProfile, threshold float64) float64 {
	th, sc := nabCurve(pts, perfect, p)
	at := 0.0
	for i := range th {
		if th[i] >= threshold {
			at = sc[i]
		}
	}
	return at
}

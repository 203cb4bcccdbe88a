package graphs

import "math"

// stacks sums stack tracks, which may be sampled at different moments, on one
// grid of columns. result[i][c] is the upper edge of track i in column c; NaN
// where it has no data, and there it adds nothing to the tracks above.
//
// A column may hold several moments. The one with the largest total is drawn:
// the mean would hide spikes, and the largest of each layer never happened at once.
func stacks(tracks []track, f frame) (edges [][]float64) {
	if len(tracks) == 0 {
		return nil
	}
	fine := 1
	for _, tr := range tracks {
		fine = max(fine, min(16, (len(tr.points)+f.columns-1)/f.columns))
	}
	n := f.columns*fine + 1
	sampled := make([][]float64, len(tracks))
	for i, tr := range tracks {
		sampled[i] = sample(tr, n, f)
	}
	edges = make([][]float64, len(tracks))
	for i := range edges {
		edges[i] = make([]float64, f.columns+1)
	}
	for c := range f.columns + 1 {
		at := tallest(sampled, c*fine, min(n, (c+1)*fine))
		sum := 0.0
		for i := range tracks {
			v := sampled[i][at]
			if !math.IsNaN(v) {
				sum += v
				v = sum
			}
			edges[i][c] = v
		}
	}
	return edges
}

// tallest is the index in [from, to) at which the tracks together are largest.
func tallest(sampled [][]float64, from, to int) int {
	best, at := math.Inf(-1), from
	for k := from; k < to; k++ {
		sum, any := 0.0, false
		for _, s := range sampled {
			if !math.IsNaN(s[k]) {
				sum, any = sum+s[k], true
			}
		}
		if any && sum > best {
			best, at = sum, k
		}
	}
	return at
}

// sample reads a track at n moments spread evenly over the picture, on the
// straight line between its points, NaN in its gaps.
func sample(tr track, n int, f frame) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	step := f.seconds / float64(n-1)
	for _, run := range tr.runs {
		j := 0
		for k := int(math.Ceil(run[0].t / step)); k < n; k++ {
			t := float64(k) * step
			if t > run[len(run)-1].t+step*1e-6 {
				break
			}
			for j+1 < len(run)-1 && run[j+1].t < t {
				j++
			}
			out[k] = between(run, j, t)
		}
		if k := int(run[0].t / step); len(run) == 1 && k < n {
			out[k] = run[0].v
		}
	}
	return out
}

// between interpolates between dots j and j+1 of run at t.
func between(run []dot, j int, t float64) float64 {
	if j+1 >= len(run) {
		return run[j].v
	}
	a, b := run[j], run[j+1]
	share := min(1, max(0, (t-a.t)/(b.t-a.t)))
	return a.v + (b.v-a.v)*share
}

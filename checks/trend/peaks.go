package trend

// peaks remembers the greatest values of a statistic by day, four days of them
// within four weeks. What a series does on three days of a month is its habit.
type peaks struct {
	Val [4]float32
	Day [4]int32
}

const peaksDays = 28

// add notes a value of a day.
func (p *peaks) add(day int32, v float64) {
	low := 0
	for i := range p.Val {
		if p.Day[i] == day && p.Val[i] > 0 {
			p.Val[i] = max(p.Val[i], float32(v))
			return
		}
		if day-p.Day[i] > peaksDays {
			p.Val[i] = 0
		}
		if p.Val[i] < p.Val[low] {
			low = i
		}
	}
	if float32(v) > p.Val[low] {
		p.Val[low], p.Day[low] = float32(v), day
	}
}

// nth is the greatest day but so many: two such days before make a habit of
// how far values go, three one of what stands out.
func (p *peaks) nth(day int32, but int) float64 {
	var top [3]float32
	for i, v := range p.Val {
		if day-p.Day[i] > peaksDays || p.Day[i] == day {
			continue
		}
		for j := range top {
			if v > top[j] {
				v, top[j] = top[j], v
			}
		}
	}
	return float64(top[but])
}

// weekAgo is the value of this day of the week before, if it was among the greatest.
func (p *peaks) weekAgo(day int32) float64 {
	for i, v := range p.Val {
		if day-p.Day[i] == 7 {
			return float64(v)
		}
	}
	return 0
}

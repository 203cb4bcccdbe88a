package trend

// bucketSeconds is the least span that named findings look at: what is over
// within five minutes is for nobody to be called for.
const bucketSeconds = 300

// bucket is the mean of the values of five minutes.
type bucket struct {
	Slot   int64 // Unix seconds / bucketSeconds
	At     int64 // time of the newest value
	Week   int64 // its second of the week
	Closed int64 // time of the last bucket that was shown to the detectors
	Sum    float64
	N      int32
}

// gather shows the detectors of findings each value, or the means of five
// minutes when values come more often.
func (d *Detector) gather(now, week int64, rel float64) {
	s, b := &d.s, &d.s.Bucket
	slot := floorDiv(now, bucketSeconds)
	if b.N > 0 && slot != b.Slot {
		d.closeBucket()
	}
	if s.Step >= 0.9*bucketSeconds && b.N == 0 {
		*b = bucket{At: now, Week: week, Closed: b.Closed, Sum: rel, N: 1}
		d.closeBucket()
		return
	}
	b.Slot, b.At, b.Week = slot, now, week
	b.Sum += rel
	b.N++
}

// closeBucket judges the mean of a bucket, as of its newest value.
func (d *Detector) closeBucket() {
	s, b := &d.s, &d.s.Bucket
	dt := float64(b.At - b.Closed)
	if b.Closed == 0 {
		dt = 0
	}
	mean := b.Sum / float64(b.N)
	b.Closed, b.Sum, b.N = b.At, 0, 0
	d.named(b.At, b.Week, mean, min(dt, 4*d.span()))
	s.Change.Before = mean
}

// span is the usual distance of what the detectors of findings are shown.
func (d *Detector) span() float64 { return max(d.s.Step, bucketSeconds) }

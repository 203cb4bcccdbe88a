package graphs

import (
	"math"
	"math/rand/v2"
	"time"
)

// The four pictures of a host, drawn from made-up but lifelike numbers: one day
// with a boot, a gap of 42 minutes, a nightly job and a disk that fails at the end.

var tokyo = time.FixedZone("JST", 9*3600)

func sampleEnd() time.Time { return time.Date(2026, 11, 22, 2, 54, 0, 0, tokyo) }

// wave makes a point a minute; f gets the share of the day that has passed.
func wave(seed uint64, f func(share, noise float64) float64) []Point {
	r := rand.New(rand.NewPCG(seed, 1))
	end := sampleEnd()
	var points []Point
	noise := 0.0
	for m := range 24 * 60 {
		noise = 0.8*noise + 0.4*(r.Float64()-0.5)
		at := end.Add(time.Duration(m-24*60+1) * time.Minute)
		if m >= 609 && m < 651 {
			continue
		}
		points = append(points, Point{at, max(0, f(float64(m)/1440, noise))})
	}
	return points
}

func bump(x, at, width float64) float64 { return math.Exp(-(x - at) * (x - at) / width / width) }

func surge(x float64) float64 { return max(0, (x-0.93)/0.07) }

func sampleEvents(ja bool) []Event {
	t := func(h, m int) time.Time { return time.Date(2026, 11, 21, h, m, 0, 0, tokyo) }
	name := func(en, j string) string {
		if ja {
			return j
		}
		return en
	}
	return []Event{
		{At: t(5, 0), Kind: EventNote, Name: name("pg_dump job", "pg_dump ジョブ")},
		{At: t(13, 0), End: t(13, 54), Kind: EventDowntime, Name: name("downtime: kernel update", "作業: カーネル更新")},
		{At: t(22, 12), Kind: EventOK, Name: name("OK", "正常")},
		{At: t(25, 6), Kind: EventWarning, Name: name("WARNING: sdb slow", "警告: sdb が遅い")},
		{At: t(26, 20), Kind: EventLog, Name: "ata3.00"},
		{At: t(26, 51), Kind: EventCritical, Name: name("CRITICAL pgsql", "危険 pgsql")},
	}
}

func sampleWords(ja bool) Words {
	if !ja {
		return Words{}
	}
	return Words{
		Current: "現在", Min: "最小", Avg: "平均", Max: "最大", Right: "(右軸)", NoData: "データなし",
		Day: func(t time.Time) string {
			return t.Format("1/2") + "(" + string([]rune("日月火水木金土")[t.Weekday()]) + ")"
		},
		Month: func(t time.Time) string { return t.Format("2006年1月") },
	}
}

// samples are the four pictures by name.
func samples(theme Theme, ja bool) map[string]Picture {
	w := func(en, j string) string {
		if ja {
			return j
		}
		return en
	}
	base := Picture{
		Start: sampleEnd().Add(-24 * time.Hour), End: sampleEnd(), Zone: tokyo,
		Theme: theme, Words: sampleWords(ja), Events: sampleEvents(ja),
	}
	cpu, io, mem, load := base, base, base, base
	cpu.Title, cpu.Subtitle, cpu.Unit, cpu.Max = w("CPU", "CPU 使用率"), w("of 8 cores, sar -u", "8 コア, sar -u"), Percent, 1
	cpu.Thresholds = []Threshold{{Value: 0.9, Label: w("warn 90 % for 10 min", "警告 90 % が10分")}}
	cpu.Layers = []Layer{
		{Name: w("system", "システム"), Kind: Stack, Color: 5, Points: wave(1, func(x, n float64) float64 { return 0.03 + 0.03*bump(x, .5, .15) + 0.02*n })},
		{Name: w("user", "ユーザー"), Kind: Stack, Color: 1, Points: wave(2, func(x, n float64) float64 { return 0.08 + 0.3*bump(x, .47, .13) + 0.1*n })},
		{Name: w("I/O wait", "I/O 待ち"), Kind: Stack, Color: 3, Points: wave(3, func(x, n float64) float64 { return 0.01 + 0.02*n + surge(x)*(0.4+0.3*n) + 0.1*bump(x, .09, .01) })},
	}
	io.Title, io.Subtitle, io.Unit, io.RightUnit = "I/O", w("requests, sar -b; wait on the right", "要求数, sar -b; 右は待ち時間"), PerSecond, Seconds
	io.Layers = []Layer{
		{Name: w("writes wtps", "書き込み wtps"), Color: 3, Points: wave(4, func(x, n float64) float64 { return 80 + 250*bump(x, .5, .12) + 120*n })},
		{Name: w("reads rtps", "読み込み rtps"), Color: 2, Points: wave(5, func(x, n float64) float64 { return 40 + 60*bump(x, .5, .15) + 420*bump(x, .09, .01) + 60*n })},
		{Name: w("wait sdb", "待ち sdb"), Color: 5, Right: true, Points: wave(6, func(x, n float64) float64 { return 0.003 + 0.002*n + 0.18*surge(x) })},
	}
	mem.Title, mem.Subtitle, mem.Unit, mem.RightUnit, mem.Max = w("Memory and swap", "メモリとスワップ"), w("of 32 GiB, sar -r -S", "32 GiB 中, sar -r -S"), Bytes, Bytes, 32<<30
	const gib = 1 << 30
	mem.Layers = []Layer{
		{Name: w("used", "使用中"), Kind: Stack, Color: 1, Points: wave(7, func(x, n float64) float64 { return (11 + 1.5*math.Sin(6*x) + 0.2*n) * gib })},
		{Name: w("buffers", "バッファ"), Kind: Stack, Color: 4, Points: wave(8, func(x, n float64) float64 { return 0.8 * gib })},
		{Name: w("cache", "キャッシュ"), Kind: Faint, Color: 5, Points: wave(9, func(x, n float64) float64 {
			if x > 0.45 {
				return (4.7 + 18*(x-0.45)) * gib
			}
			return (16 + 0.3*n) * gib
		})},
		{Name: w("swap", "スワップ"), Color: 3, Right: true, Points: wave(10, func(x, n float64) float64 { return (1 + x + 7*surge(x)*surge(x)) * gib })},
	}
	load.Title, load.Subtitle = w("Load", "負荷"), w("processes, sar -q", "プロセス数, sar -q")
	load.Thresholds = []Threshold{{Value: 8, Label: w("warn 8", "警告 8")}, {Value: 16, Label: w("crit 16", "危険 16"), Severe: true}}
	for i, k := range []float64{1, .8, .6} {
		load.Layers = append(load.Layers, Layer{
			Name: []string{w("1 min", "1分"), w("5 min", "5分"), w("15 min", "15分")}[i], Color: []int{1, 5, 6}[i],
			Points: wave(11, func(x, n float64) float64 {
				return 0.7 + k*n + 2.5*bump(x, .47, .12) + 3*k*bump(x, .09, .012) + 18*k*surge(x)*(1+0.4*n)
			}),
		})
	}
	return map[string]Picture{"filling": filling(theme, ja), "cpu": cpu, "io": io, "memory": mem, "load": load}
}

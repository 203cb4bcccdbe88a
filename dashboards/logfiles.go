package dashboards

import (
	"slices"
	"strings"
	"time"

	"monitord/internal/text"
)

// hostFiles are the followed files of one host.
type hostFiles struct {
	Host, HostURL string
	Bad           bool
	N             int
	Says          string
	Rows          []fileRow // those that need attention first
	More          int
}

type fileRow struct {
	Path, Lines, Lag, Behind, Lost, Why string
	Bad                                 bool
	score                               int
}

// maxFiles bounds the files of a host on the page.
const maxFiles = 100

// hostFiles groups files by host, those that need attention first.
func (v *view) hostFiles(files []LogFile) []hostFiles {
	byHost := map[string]*hostFiles{}
	var order []string
	lag, lost := map[string]int64{}, map[string]uint64{}
	for _, f := range files {
		h := byHost[f.Host]
		if h == nil {
			h = &hostFiles{Host: cut(f.Host, 60), HostURL: hostURL(f.Host)}
			byHost[f.Host] = h
			order = append(order, f.Host)
		}
		row := v.fileRow(f)
		h.Rows = append(h.Rows, row)
		h.Bad = h.Bad || row.Bad
		lag[f.Host] += f.Lag
		lost[f.Host] += f.LostBytes
	}
	out := make([]hostFiles, 0, len(order))
	for _, name := range order {
		h := byHost[name]
		h.N = len(h.Rows)
		slices.SortStableFunc(h.Rows, func(a, b fileRow) int { return b.score - a.score })
		h.Rows = h.Rows[:min(h.N, maxFiles)]
		h.More = h.N - len(h.Rows)
		h.Says = v.say(filesSay(h.N, lag[name], lost[name]))
		out = append(out, *h)
	}
	slices.SortStableFunc(out, func(a, b hostFiles) int {
		if a.Bad != b.Bad {
			return map[bool]int{true: -1, false: 1}[a.Bad]
		}
		return strings.Compare(a.Host, b.Host)
	})
	return out
}

// lagLimit is from when on a file is late: following takes a tenth of a second.
const lagLimit = 10 * time.Second

func (v *view) fileRow(f LogFile) fileRow {
	row := fileRow{Path: cut(f.Path, 160), Lines: text.FormatCount(f.Lines), Lag: text.FormatBytes(float64(f.Lag)), Lost: text.FormatBytes(float64(f.LostBytes))}
	if f.Lag == 0 {
		row.Lag = "0"
	}
	if f.LostBytes == 0 {
		row.Lost = "0"
	}
	if f.Behind >= time.Second {
		row.Behind = text.FormatDur(v.Lang, f.Behind.Round(time.Second))
	}
	switch {
	case f.Fault != "":
		row.score, row.Why = 4, cut(f.Fault, 200)
	case f.Missing:
		row.score, row.Why = 3, v.say(text.M("page.logs.file.missing"))
	case f.Behind >= lagLimit:
		row.score, row.Why = 2, v.say(text.M("page.logs.file.late"))
	case f.LostBytes > 0:
		row.score, row.Why = 1, v.say(text.M("page.logs.file.lost"))
	}
	row.Bad = row.score > 0
	return row
}

func filesSay(n int, lag int64, lost uint64) text.Message {
	switch {
	case lost > 0:
		return text.M("page.logs.files.lost", text.Int("n", n), text.Bytes("lag", float64(lag)), text.Bytes("lost", float64(lost)))
	case lag > 0:
		return text.M("page.logs.files.lag", text.Int("n", n), text.Bytes("lag", float64(lag)))
	}
	return text.M("page.logs.files.read", text.Int("n", n))
}

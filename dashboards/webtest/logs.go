package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/dashboards"
	"monitord/internal/text"
)

// sceneLogs is what the logs of a scene say.
type sceneLogs scene

func (s *sceneLogs) Rules(context.Context) ([]dashboards.LogRule, error) {
	if s.broken {
		return nil, errBroken
	}
	return slices.Clone(s.rules), nil
}

func (s *sceneLogs) Files(context.Context) ([]dashboards.LogFile, error) {
	if s.broken {
		return nil, errBroken
	}
	return slices.Clone(s.followed), nil
}

func (s *sceneLogs) Lines(_ context.Context, f dashboards.LogFilter) ([]dashboards.LogLine, error) {
	if s.broken {
		return nil, errBroken
	}
	words := strings.Fields(strings.ToLower(f.Text))
	list := slices.DeleteFunc(slices.Clone(s.lines), func(l dashboards.LogLine) bool {
		return f.Host != "" && l.Host != f.Host || f.Rule != "" && l.Rule != f.Rule || f.Before > 0 && l.ID >= f.Before ||
			!f.Since.IsZero() && l.At.Before(f.Since) || !f.Until.IsZero() && l.At.After(f.Until) ||
			slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(strings.ToLower(l.Text), w) })
	})
	return list[:min(len(list), f.Limit)], nil
}

func (s *sceneLogs) Search(_ context.Context, q dashboards.LogSearch) (dashboards.LogFound, error) {
	if s.broken {
		return dashboards.LogFound{}, errBroken
	}
	re, err := regexp.Compile(q.Expr)
	if err != nil {
		return dashboards.LogFound{}, fmt.Errorf("%w: %w", dashboards.ErrRefused, err)
	}
	from := 0
	fmt.Sscan(q.From, &from) // a wrong place is the beginning
	out := dashboards.LogFound{Keeps: len(s.kept) > 0, Read: 48 << 20}
	for i, l := range s.kept {
		if i < from || q.Host != "" && l.Host != q.Host || !re.MatchString(l.Text) {
			continue
		}
		if len(out.Lines) == q.Limit {
			out.Next = fmt.Sprint(i)
			break
		}
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

// madeRules are those of every scene with a past.
var madeRules = []struct {
	name, item, text string
	nanos            float64
	daily            int64
}{
	{"oom", "oom", "kernel: Out of memory: Killed process 4242 (java) total-vm:18874368kB, anon-rss:7340032kB", 0.41, 0},
	{"disk", "disk", "kernel: ata3.00: failed command: READ FPDMA QUEUED", 0.62, 1},
	{"backup finished", "backup", "backup[1881]: backup finished: 212 GiB in 38 min", 3.1, 1},
	{"login failed", "login", "sshd[2112]: Failed password for root from 198.51.100.7 port 40022 ssh2", 12.8, 160},
	{"設定の再読み込み", "", "app[77]: 設定を再読み込みしました", 1.7, 6},
	{`^(?:\S+\s+){3}nginx: \[error\]`, "nginx", "nginx: [error] upstream timed out (110: Connection timed out)", 1840, 22},
}

// calmLogs is a fortnight in which nothing was wrong.
func (s *scene) calmLogs() {
	for i, r := range madeRules {
		rule := dashboards.LogRule{Name: r.name, Place: fmt.Sprintf("logs.yaml:%d", 4+i), Item: r.item, Tries: 8_400_000, CostNanos: r.nanos}
		for d := range dashboards.LogDays {
			n := int64(0)
			if r.daily > 0 {
				n = r.daily + r.daily*int64((d*7+i*5)%9-4)/5
			}
			rule.Hits = append(rule.Hits, n)
		}
		if r.daily > 0 {
			rule.Last, rule.LastText = s.now.Add(-time.Duration(11+i*37)*time.Minute), r.text
			for k := range 4 {
				s.line(rule.Last.Add(-time.Duration(k*53)*time.Minute), "mail1", i, "info")
			}
		}
		s.rules = append(s.rules, rule)
		if r.item != "" {
			s.add(checks.Service{Host: "db1", Check: checks.LogCheck, Item: r.item}, checks.OK, 9*24*time.Hour, text.Verbatim("–"))
		}
	}
	s.rules[len(s.rules)-1].Timeouts = 3
	for _, h := range []string{"app1", "app2", "db1", "db2", "mail1", "東京-web3"} {
		for _, f := range []string{"/var/log/syslog", "/var/log/auth.log", "/var/log/app/app-2026-11-29.log"} {
			s.followed = append(s.followed, dashboards.LogFile{Host: h, Path: f, Lines: uint64(48_211 * len(f))})
		}
	}
	s.sortLines()
	for i := range 460 {
		at := s.now.Add(-time.Hour).Add(time.Duration(i) * 7 * time.Second)
		host := []string{"db1", "mail1"}[i/40%2]
		s.kept = append(s.kept, dashboards.KeptLine{At: at, Host: host, File: "/var/log/syslog", Text: at.Format(time.Stamp) + " " + host + " " + madeRules[i%len(madeRules)].text})
	}
}

// line is one matched line.
func (s *scene) line(at time.Time, host string, rule int, severity string) *dashboards.LogLine {
	r := madeRules[rule]
	program, _, _ := strings.Cut(r.text, ":")
	program, _, _ = strings.Cut(program, "[")
	s.lines = append(s.lines, dashboards.LogLine{ID: int64(1000 + len(s.lines)), At: at, Host: host, File: "/var/log/syslog", Program: program, Severity: severity, Rule: r.name, Text: at.Format(time.Stamp) + " " + host + " " + r.text})
	return &s.lines[len(s.lines)-1]
}

func (s *scene) sortLines() {
	slices.SortStableFunc(s.lines, func(a, b dashboards.LogLine) int { return b.At.Compare(a.At) })
}

// watchLogs adds what the logs said in the night.
func (s *scene) watchLogs() {
	opened := s.now.Add(-190 * time.Second) // of db1/pgsql
	critical, warning := checks.Critical, checks.Warning
	id := checks.Service{Host: "db1", Check: checks.LogCheck, Item: "disk"}
	for i := range s.services {
		if s.services[i].Service == id {
			s.services = slices.Delete(s.services, i, i+1)
			break
		}
	}
	st := s.add(id, critical, 4*time.Minute, text.Verbatim("kernel: md/raid1:md0: Disk failure on sdb1, disabling device."))
	var b strings.Builder
	for i := range 10 {
		at := opened.Add(time.Duration(i-60) * time.Second)
		fmt.Fprintf(&b, "%s db1 %s\n", at.Format(time.Stamp), []string{
			"kernel: ata3.00: exception Emask 0x0 SAct 0x7fffffff SErr 0x0 action 0x0", "kernel: ata3.00: irq_stat 0x40000008",
			"kernel: ata3.00: failed command: READ FPDMA QUEUED", "systemd[1]: Started Session 4211 of user postgres.",
			"kernel: ata3.00: status: { DRDY ERR }"}[i%5])
	}
	fmt.Fprintf(&b, "%s db1 kernel: md/raid1:md0: Disk failure on sdb1, disabling device.", opened.Add(-50*time.Second).Format(time.Stamp))
	st.Evidence = []byte(b.String())
	incident := st.Incident
	for i := range 7 {
		l := s.line(opened.Add(time.Duration(i*23-110)*time.Second), "db1", 1, "error")
		l.Service, l.State, l.Incident = id, &critical, incident
	}
	l := s.line(opened.Add(40*time.Second), "db1", 3, "notice")
	l.Service, l.State = checks.Service{Host: "db1", Check: checks.LogCheck, Item: "login"}, &warning
	s.sortLines()
	disk := &s.rules[1]
	disk.Hits[dashboards.LogDays-1], disk.Last, disk.LastText = 7, opened.Add(28*time.Second), madeRules[1].text
	s.rules[0].Suspended = true
	s.followed[0].Lag, s.followed[0].Behind = 41<<20, 95*time.Second
	s.followed[7].LostBytes = 18 << 10
	s.followed[4].Fault = "open /var/log/auth.log: permission denied (usermod -aG adm monitord, then restart)"
	s.followed[11].Missing = true
}

// flood is one host that writes the same line without end.
func (s *scene) flood() {
	warning := checks.Warning
	for i := range 400 {
		l := s.line(s.now.Add(-time.Duration(i*140)*time.Millisecond), "app1", 5, "error")
		l.Service, l.State = checks.Service{Host: "app1", Check: checks.LogCheck, Item: "nginx"}, &warning
		if i%60 == 0 {
			l.Folded, l.Text = 58_114, ""
		}
	}
	s.sortLines()
	rule := &s.rules[5]
	rule.Hits[dashboards.LogDays-1], rule.Last = 3_481_220, s.now
	for _, h := range []string{"app1", "app2", "東京-web3", "東京-web12"} {
		s.add(checks.Service{Host: h, Check: checks.LogCheck, Item: "nginx"}, checks.Warning, 2*time.Minute, text.Verbatim(madeRules[5].text))
	}
}

// hostileLogs has lines that try to break the page.
func (s *scene) hostileLogs(name string) {
	critical := checks.Critical
	evil := "</code></pre><script>alert(1)</script>\x1b[2J\x1b]0;owned\x07\u202Eevil\u2066\x00\xff\t' OR 1=1 --"
	for i, line := range []string{evil, strings.Repeat("A", 1<<20), strings.Repeat("<b>長い行", 4000), "a\rb\nc"} {
		s.lines = append(s.lines, dashboards.LogLine{ID: int64(1 + len(s.lines)), At: s.now.Add(-time.Duration(i) * time.Minute), Host: name, File: "/var/log/" + evil, Program: evil, Severity: evil,
			Rule: name, Text: line, Cut: i == 1, Service: checks.Service{Host: name, Check: checks.LogCheck, Item: evil}, State: &critical, Folded: int64(i)})
		s.kept = append(s.kept, dashboards.KeptLine{At: s.now, Host: name, File: evil, Text: line})
	}
	s.sortLines()
	s.rules = append(s.rules, dashboards.LogRule{Name: name, Place: evil, Item: evil, Last: s.now, LastText: strings.Repeat(evil, 5000), Hits: []int64{0, 1 << 60, 3}, CostNanos: 8e9, Timeouts: 9})
	s.followed = append(s.followed, dashboards.LogFile{Host: name, Path: strings.Repeat("/"+evil, 200), Lines: 1 << 63, LostBytes: 1 << 62, Lag: 1 << 62, Behind: 1 << 60, Fault: evil})
	st := s.add(checks.Service{Host: name, Check: checks.LogCheck, Item: evil}, checks.Critical, time.Minute, text.Verbatim(evil))
	st.Evidence = []byte(strings.Repeat(evil+"\n", 8) + evil)
}

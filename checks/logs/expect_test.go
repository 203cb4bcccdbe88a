package logs

import (
	"strings"
	"testing"
	"time"
)

const backup = `
- name: backup
  expect: backup finished
  every: 24h
  grace: 1h
  state: critical
`

func TestALineThatDoesNotComeIsMissedOnceWithTheLastOne(t *testing.T) {
	p := play(t, yamlRules(t, backup), Options{}, Deps{})
	p.say("backup finished: 12 GB")
	p.wait(24*time.Hour + 59*time.Minute)
	p.want("")
	p.wait(2 * time.Minute)
	m := p.told[0]
	if m.Kind != KindMissed || m.Last.Text != "backup finished: 12 GB" || !m.Last.At.Equal(base) || !m.Due.Equal(base.Add(25*time.Hour)) || m.Service != "backup" {
		t.Errorf("told %+v", m)
	}
	p.told = nil
	p.wait(24 * time.Hour)
	p.want("")
	p.say("backup finished: 13 GB")
	p.want("arrived backup finished: 13 GB")
	p.wait(26 * time.Hour)
	p.want("missed backup finished: 13 GB")
}

func TestALineThatNeverCameIsMissedToo(t *testing.T) {
	p := play(t, yamlRules(t, backup), Options{}, Deps{})
	p.wait(26 * time.Hour)
	if len(p.told) != 1 || !p.told[0].Last.At.IsZero() {
		t.Fatalf("told %+v", p.told)
	}
	if id := p.told[0].Say().ID; id != "logs.missed_never" {
		t.Errorf("says %s", id)
	}
}

func TestAnExpectationSurvivesARestartAndWaitsUntilLinesAreRead(t *testing.T) {
	rules := yamlRules(t, backup)
	before := play(t, rules, Options{}, Deps{})
	before.say("backup finished: 12 GB")
	snapshot, err := before.tracker.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	p := play(t, rules, Options{}, Deps{})
	p.now = base.Add(48 * time.Hour)
	if err := p.tracker.Restore(snapshot, p.now); err != nil {
		t.Fatal(err)
	}
	p.wait(0)
	p.want("") // the line may stand in what was not read yet
	p.wait(settle)
	p.want("missed backup finished: 12 GB")
}

func TestTheClockOfAnExpectationRunsOnlyInItsPeriod(t *testing.T) {
	p := play(t, yamlRules(t, `
- expect: heartbeat
  every: 30m
  during: [monday 09:00-17:00, tuesday 09:00-17:00]
  timezone: Asia/Tokyo
`), Options{}, Deps{})
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, zone) }
	p.now = at(30, 16, 45) // a Monday
	p.say("heartbeat")
	p.now = at(30, 23, 0)
	p.wait(0)
	p.want("") // 15 minutes of its time have gone by
	p.now = time.Date(2026, 12, 1, 9, 14, 0, 0, zone)
	p.wait(0)
	p.want("")
	p.wait(2 * time.Minute)
	p.want("missed heartbeat")
}

func TestAnExpectationInRealTimeAcrossAClockChange(t *testing.T) {
	p := play(t, yamlRules(t, strings.Replace(backup, "grace: 1h", "grace: 0s", 1)), Options{}, Deps{})
	p.now = time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC) // Europe sets its clocks back in the night
	p.say("backup finished")
	p.wait(24*time.Hour - time.Second)
	p.want("")
	p.wait(time.Second)
	p.want("missed backup finished")
}

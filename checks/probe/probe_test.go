package probe

import (
	"testing"
	"time"

	"monitord/checks"
)

func TestSilenceIsJudgedByItsAge(t *testing.T) {
	now := time.Unix(1700000000, 0)
	for _, tt := range []struct {
		name   string
		seen   time.Time
		ever   bool
		state  checks.State
		reason checks.Reason
		id     string
	}{
		{"just now", now, true, checks.OK, "", "probe.ok"},
		{"at the limit", now.Add(-30 * time.Second), true, checks.OK, "", "probe.ok"},
		{"beyond it", now.Add(-31 * time.Second), true, checks.Critical, checks.ReasonTimeout, "probe.silent"},
		{"in the future", now.Add(time.Hour), true, checks.OK, "", "probe.ok"},
		{"never", time.Time{}, false, checks.Unknown, checks.ReasonNoData, "probe.never"},
	} {
		c, err := New(DefaultConfig(), checks.Deps{
			Now: func() time.Time { return now },
			LastSeen: func(host string) (time.Time, bool) {
				if host != "web1" {
					t.Errorf("asked for %q", host)
				}
				return tt.seen, tt.ever
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Run(t.Context(), checks.Target{Host: "web1"})
		if err != nil || len(r) != 1 || r[0].State != tt.state || r[0].Reason != tt.reason || r[0].Summary.ID != tt.id {
			t.Errorf("%s: got %+v, %v", tt.name, r, err)
		}
	}
}

func TestItNeedsTheServer(t *testing.T) {
	if _, err := New(DefaultConfig(), checks.Deps{}); err == nil {
		t.Error("built without LastSeen")
	}
	if err := (&Config{}).Validate(); err == nil {
		t.Error("max_age 0 is taken")
	}
}

package agent

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"monitord/collectors"
)

func TestCollectorTroubleIsLoggedOnceAndItsEndToo(t *testing.T) {
	var out bytes.Buffer
	l := troubleLog{log: slog.New(slog.NewTextHandler(&out, nil))}
	bad, good := []collectors.Outcome{{Collector: "nfs", Err: collectors.ErrStillRunning}}, []collectors.Outcome{{Collector: "nfs"}}
	for _, c := range []struct {
		outcomes []collectors.Outcome
		want     string
	}{
		{good, ""},
		{bad, "collector has trouble"},
		{bad, ""},
		{good, "collector is well again"},
		{good, ""},
		{[]collectors.Outcome{{Collector: "nfs", Err: errors.Join(errors.New("x"), context.Canceled)}}, ""}, // the probe stops
		{bad, "collector has trouble"},
	} {
		out.Reset()
		l.note(c.outcomes)
		got := out.String()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%+v: logged %q, want %q", c.outcomes, got, c.want)
		}
	}
}

package phone

import (
	"errors"
	"testing"

	"monitord/alerting/notify"
	"monitord/internal/testserver/sipp"
)

func TestKeyOneTakesTheProblem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		phone  sipp.Phone
		change func(*Config)
	}{
		"as a telephone event":        {sipp.Phone{Keys: "1"}, nil},
		"as INFO dtmf-relay":          {sipp.Phone{Info: "1"}, nil},
		"as INFO dtmf":                {sipp.Phone{Info: "1", InfoType: "application/dtmf"}, nil},
		"over TCP":                    {sipp.Phone{Info: "1", Transport: "t1"}, func(c *Config) { c.Transport = TCP }},
		"after its place moved":       {sipp.Phone{Hold: true, Info: "1"}, nil},
		"password asked by the proxy": {sipp.Phone{Challenge: "407", Info: "1"}, login(t)},
		"password asked by the phone": {sipp.Phone{Challenge: "401", Info: "1"}, login(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process, port := sipp.NewPhone(t, tt.phone)
			b := newBench(t, port, tt.change)
			answer, err := b.Send(t.Context(), problem())
			if err != nil || answer != "200 OK, key 1" {
				t.Errorf("got %q, %v; want key 1\n%s", answer, err, process.Output())
			}
			if len(b.acked) != 1 || b.acked[0] != "m1 phone key 1" {
				t.Errorf("acknowledged %q; want once", b.acked)
			}
		})
	}
}

func TestAPhoneThatIsNotAnsweredLetsTheNextWayBeTaken(t *testing.T) {
	t.Parallel()
	for name, phone := range map[string]sipp.Phone{
		"busy":      {Status: "486 Busy Here"},
		"declined":  {Status: "603 Decline"},
		"unknown":   {Status: "404 Not Found"},
		"away":      {Status: "480 Temporarily Unavailable"},
		"no answer": {Rings: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			process, port := sipp.NewPhone(t, phone)
			answer, err := newBench(t, port, nil).Send(t.Context(), problem())
			if _, ok := errors.AsType[notify.Permanent](err); !ok {
				t.Errorf("got %q, %v; want permanent\n%s", answer, err, process.Output())
			}
		})
	}
}

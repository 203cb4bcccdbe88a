package ucd

import (
	"testing"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask/asktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func device(t *testing.T, change func(*Config), objects asktest.Objects) *asktest.Device {
	t.Helper()
	d := asktest.Serve(t, objects)
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

func TestFlagsAndMessagesAreTakenOver(t *testing.T) {
	d := device(t, func(*Config) {}, asktest.Objects{
		ucd + "2.1.2.1": "sshd", ucd + "2.1.3.1": 1, ucd + "2.1.4.1": 0, ucd + "2.1.5.1": 3, ucd + "2.1.100.1": 0, ucd + "2.1.101.1": "",
		ucd + "2.1.2.2": "cron", ucd + "2.1.5.2": 0, ucd + "2.1.100.2": 1, ucd + "2.1.101.2": "No cron process running",
		// 3 TiB, of which a half is used: the plain columns have latched.
		ucd + "9.1.2.1": "/srv", ucd + "9.1.6.1": 2147483647, ucd + "9.1.8.1": 2147483647, ucd + "9.1.100.1": 1, ucd + "9.1.101.1": "",
		ucd + "9.1.11.1": uint(3221225472), ucd + "9.1.12.1": uint(0), ucd + "9.1.15.1": uint(1610612736), ucd + "9.1.16.1": uint(0),
		ucd + "9.1.2.2": "/big", ucd + "9.1.100.2": 0, ucd + "9.1.101.2": "",
		ucd + "9.1.11.2": uint(0), ucd + "9.1.12.2": uint(2), ucd + "9.1.15.2": uint(0), ucd + "9.1.16.2": uint(1),
		ucd + "9.1.2.3": "/old", ucd + "9.1.6.3": 1000, ucd + "9.1.7.3": 250, ucd + "9.1.8.3": 250, ucd + "9.1.100.3": 0,
		ucd + "10.1.2.1": "Load-1", ucd + "10.1.5.1": 1234, ucd + "10.1.100.1": 1, ucd + "10.1.101.1": "1 min Load Average too high (= 12.34)",
		ucd + "10.1.2.2": "Load-5", ucd + "10.1.5.2": 50, ucd + "10.1.100.2": 0, ucd + "10.1.101.2": "",
		ucd + "4.3.0": 2000, ucd + "4.4.0": 500, ucd + "4.5.0": 8000, ucd + "4.100.0": 1, ucd + "4.101.0": "Running out of swap space (500)",
	})
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{
		"process sshd": "OK 3 processes", "process cron": "CRITICAL No cron process running",
		"disk /srv": "CRITICAL snmpd raises its error flag: 50 % of 3 TiB used", "disk /big": "OK 50 % of 8 TiB used", "disk /old": "OK 50 % of 1000 KiB used",
		"load 1 min": "WARNING 1 min Load Average too high (= 12.34)", "load 5 min": "OK load 0.5",
		"swap": "WARNING Running out of swap space (500)",
	})
	if got["process cron"].Reason != checks.ReasonStatus {
		t.Errorf("reason %q", got["process cron"].Reason)
	}
	for _, series := range []string{"prErrorFlag{prIndex,2,prNames,cron}", "laLoadInt{laIndex,1,laNames,Load-1}", "memTotalReal{}", "dskTotalHigh{dskIndex,2,dskPath,/big}"} {
		if _, ok := d.Series[series]; !ok {
			t.Errorf("no %s in %v", series, d.Series)
		}
	}
}

func TestAFlagMeansWhatTheOperatorSays(t *testing.T) {
	d := device(t, func(c *Config) { c.Load, c.Only = "ok", []string{"load .*"} }, asktest.Objects{
		ucd + "10.1.2.1": "Load-1", ucd + "10.1.5.1": 1234, ucd + "10.1.100.1": 1, ucd + "10.1.101.1": "too high",
		ucd + "4.5.0": 8000, ucd + "4.100.0": 1,
	})
	asktest.Want(t, d.Run(t), map[string]string{"load 1 min": "OK load 12.3"})
}

func TestAMachineWithoutSwapDoesNotRunOutOfIt(t *testing.T) {
	objects := asktest.Objects{ucd + "4.3.0": 0, ucd + "4.4.0": 0, ucd + "4.5.0": 8000, ucd + "4.100.0": 1, ucd + "4.101.0": "Running out of swap space (0)"}
	d := device(t, func(*Config) {}, objects)
	asktest.Want(t, d.Run(t), map[string]string{"swap": "OK there is no swap space"})
	d.Set(asktest.Objects{ucd + "4.3.0": 2000})
	asktest.Want(t, d.Run(t), map[string]string{"swap": "WARNING Running out of swap space (0)"})
}

// Other agents have the tables, but watch nothing.
func TestWithoutFlagsNothingIsJudged(t *testing.T) {
	d := device(t, func(*Config) {}, asktest.Objects{ucd + "10.1.2.1": "Load-1", ucd + "10.1.5.1": 1234, ucd + "4.5.0": 8000})
	asktest.Want(t, d.Run(t), map[string]string{"": "UNKNOWN the agent answers, but watches nothing (snmpd.conf: proc, disk, load)"})
	if v := d.Series["laLoadInt{laIndex,1,laNames,Load-1}"]; v != 1234 {
		t.Errorf("series %v", d.Series)
	}
}

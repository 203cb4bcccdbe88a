package printer

import (
	"fmt"
	"maps"
	"testing"

	"go.uber.org/goleak"

	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const errorState = ".1.3.6.1.2.1.25.3.5.1.2.1"

func device(t *testing.T, change func(*Config), objects ...asktest.Objects) *asktest.Device {
	t.Helper()
	all := asktest.Objects{}
	for _, o := range objects {
		maps.Copy(all, o)
	}
	d := asktest.Serve(t, all)
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

func supply(index int, name string, level, most, unit int) asktest.Objects {
	at := func(column int) string { return fmt.Sprintf("%s11.1.1.%d.1.%d", prt, column, index) }
	return asktest.Objects{at(6): name, at(9): level, at(8): most, at(7): unit}
}

func tray(index int, name string, level, most int) asktest.Objects {
	at := func(column int) string { return fmt.Sprintf("%s8.2.1.%d.1.%d", prt, column, index) }
	return asktest.Objects{at(13): name, at(10): level, at(9): most, at(8): 8}
}

func TestLevelsAndWhatStandsForThem(t *testing.T) {
	d := device(t, func(c *Config) { c.TrayWarning = snmpask.Limit("10%:") },
		supply(1, "Black Toner", 4, 100, 7), supply(2, "Drum", 11501, 12000, 7), supply(3, "Cyan Toner", 0, 100, 7),
		supply(4, "Some Toner", levelSome, levelUnknown, 7), supply(5, "Waste", levelOther, levelUnknown, 7), supply(6, "Fuser", levelUnknown, 100, 7),
		supply(7, "Percents", 8, levelUnknown, unitPercent), supply(8, "Sheets", 300, levelUnknown, 7), supply(9, "Nonsense", -7, 100, 7),
		tray(1, "Tray 1", 25, 500), tray(2, "Tray 2", levelSome, 500),
		asktest.Objects{prt + "10.2.1.4.1.1": uint32(271871)})
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{
		"Black Toner": "WARNING 4 % left", "Drum": "OK 95.8 % left", "Cyan Toner": "CRITICAL 0 % left",
		"Some Toner": "OK some is left; the printer does not say how much", "Waste": "OK the printer sets no limit",
		"Fuser": "OK the printer does not know how much is left", "Percents": "WARNING 8 % left", "Sheets": "OK 300 left, of an unknown maximum",
		"Nonsense":    "UNKNOWN the printer does not know how much is left",
		"tray Tray 1": "WARNING 5 % left", "tray Tray 2": "OK some is left; the printer does not say how much", "status": "OK nothing is wrong",
	})
	if v := asktest.Perf(t, got["status"], "pages_1.1"); v != 271871 {
		t.Errorf("%g pages", v)
	}
	series := "prtMarkerSuppliesLevel{prtMarkerSuppliesDescription,Drum,prtMarkerSuppliesIndex,1.2}"
	if v := d.Series[series]; v != 11501 {
		t.Errorf("%s: %g", series, v)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	d := device(t, func(*Config) {}, supply(1, "Toner", 50, 100, 7), asktest.Objects{errorState: []byte{0}})
	status := func(want string) {
		t.Helper()
		asktest.Want(t, d.Run(t), map[string]string{"Toner": "OK 50 % left", "status": want})
	}
	status("OK nothing is wrong")
	for octets, want := range map[string]string{
		"\x80": "OK the printer says: lowPaper", "\x40": "WARNING the printer says: noPaper", "\x04": "CRITICAL the printer says: jammed",
		"\x09": "WARNING the printer says: doorOpen, serviceRequested", "\x00\x80": "WARNING the printer says: inputTrayMissing",
		"\x02\x01": "CRITICAL the printer says: offline", "": "OK nothing is wrong",
	} {
		d.Set(asktest.Objects{errorState: []byte(octets)})
		status(want)
	}
	d = device(t, func(*Config) {}, supply(1, "Toner", 50, 100, 7), asktest.Objects{
		prt + "18.1.1.2.1.1": severityCritical, prt + "18.1.1.8.1.1": "Paper jam in\x00 tray 2", prt + "18.1.1.2.1.2": severityWarning, prt + "18.1.1.8.1.2": "Toner low",
	})
	status("WARNING the printer says: Paper jam in tray 2, Toner low")
}

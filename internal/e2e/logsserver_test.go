//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logService finds a service of the server's own logs.
func (w *world) logService(name string) (service, error) {
	var answer struct{ Services []service }
	body, err := w.try("/api/monitord/services")
	if err == nil {
		err = json.Unmarshal([]byte(body), &answer)
	}
	for _, s := range answer.Services {
		if s.Name == name {
			return s, err
		}
	}
	return service{}, err
}

// followsLogs waits until the server follows one: what comes now is news.
func (w *world) followsLogs() {
	w.t.Helper()
	eventually(w.t, 10*time.Second, "the server follows the log", func() string {
		body, err := w.try("/metrics")
		if err == nil && !strings.Contains(body, "monitord_logfile_files 1\n") {
			return "it does not"
		}
		return errText(err)
	})
}

// lastIncident waits for the newest incident of a service to be in the journal:
// its number and its evidence.
func (w *world) lastIncident(name string) (id string, evidence string) {
	w.t.Helper()
	var list struct {
		Incidents []struct {
			ID      json.Number `json:"id"`
			Service string      `json:"service"`
		} `json:"incidents"`
	}
	eventually(w.t, 10*time.Second, "the journal has the incident of "+name, func() string {
		w.get("/api/monitord/incidents", &list)
		for _, in := range list.Incidents {
			var one struct {
				Runs []struct {
					Evidence string `json:"evidence"`
				} `json:"failed_runs"`
			}
			if in.Service != name {
				continue
			}
			if w.get("/api/monitord/incidents/"+in.ID.String(), &one); len(one.Runs) == 0 {
				return "there is no failed run in it"
			}
			id, evidence = in.ID.String(), one.Runs[len(one.Runs)-1].Evidence
			return ""
		}
		return "there is none"
	})
	return id, evidence
}

// logsRsyslog: logger sends, rsyslogd writes, the server follows the file. A line
// raises an incident with the lines before it, in the journal and on the page; a
// log that was rotated while the server was dead is read to its end; the clearing
// line ends it.
func logsRsyslog(t *testing.T) {
	w := newWorld(t)
	log := filepath.Join(w.dir, "kern.log")
	_, socket, pidFile := rsyslogToFile(t, w.dir, log)
	conf := put(t, filepath.Join(w.dir, "logrotate.conf"), fmt.Sprintf("%s {\nsu root root\nrotate 9\ncreate 0644\npostrotate\nkill -HUP $(cat %s)\nendscript\n}\n", log, pidFile))
	w.configure(fmt.Sprintf(`logs:
  files: [{path: %s}]
  rules:
    - {match: Out of memory, state: critical, service: oom, clear: memory is freed}
    - {match: 'link of (?P<nic>\w+) is down', state: warning, service: uplink, clear: 'link of \w+ is up'}
`, log))
	logTo(t, socket, "Out of memory, long before the server was started\n")
	eventually(t, 10*time.Second, "rsyslogd writes", func() string { _, err := os.Stat(log); return errText(err) })
	w.serve()
	w.followsLogs()

	var before strings.Builder
	for i := range 15 {
		fmt.Fprintf(&before, "line %d before it\n", i)
	}
	logTo(t, socket, before.String()+"Out of memory: Killed process 4711 (java)\nline after it\n")
	w.awaitState(20*time.Second, "monitord/log[oom]", "CRITICAL")
	id, evidence := w.lastIncident("monitord/log[oom]")
	lines := strings.Split(evidence, "\n")
	if len(lines) != 11 || !strings.HasSuffix(lines[0], "line 5 before it") || !strings.HasSuffix(lines[9], "line 14 before it") || !strings.HasSuffix(lines[10], "Killed process 4711 (java)") {
		t.Errorf("the line and ten before it are kept as %q", evidence)
	}
	page, err := w.try("/incidents/" + id)
	if err != nil {
		t.Fatal(err)
	}
	page = html.UnescapeString(page)
	for _, want := range lines {
		if !strings.Contains(page, want) {
			t.Errorf("the page of incident %s lacks %q", id, want)
		}
	}
	said := false
	for _, e := range w.events() {
		said = said || e.Service == "monitord/log[oom]" && strings.Contains(e.Text, "Killed process 4711 (java)")
	}
	if !said {
		t.Errorf("no sentence of the journal has the line: %+v", w.events())
	}
	say(t, "incident %s has the line and the %d before it, in the journal and on the page", id, len(lines)-1)

	w.server.kill()
	logTo(t, socket, "link of eth0 is down\n")
	eventually(t, 10*time.Second, "the line is in the file", func() string {
		if raw, _ := os.ReadFile(log); !strings.Contains(string(raw), "is down") {
			return "it is not"
		}
		return ""
	})
	command(t, "", need(t, "logrotate", "logrotate"), "--force", "--state", filepath.Join(w.dir, "rotated"), conf)
	logTo(t, socket, "memory is freed\n")
	w.serve()
	w.awaitState(20*time.Second, "monitord/log[uplink]", "WARNING")
	w.awaitState(20*time.Second, "monitord/log[oom]", "OK")
	say(t, "what was written and rotated while the server was dead was read after its start")
}

// logsFullDisk: the disk of the server's data is full while a line comes; the
// server is killed so, and started with room. The problem is told, once.
func logsFullDisk(t *testing.T) {
	needRoot(t, "a disk of its own (tmpfs)")
	w := newWorld(t)
	tmpfs(t, w.data, "size=192m")
	log := put(t, filepath.Join(w.dir, "app.log"), "begin\n")
	w.configure(fmt.Sprintf(`store: {min_free: 16MiB, ballast: 8MiB}
logs:
  files: [{path: %s}]
  rules:
    - {match: 'first fault', state: critical, service: first, clear: all is well}
    - {match: 'second fault', state: critical, service: second, clear: all is well}
`, log))
	w.serve()
	w.followsLogs()
	add(t, log, "something\n")
	filler := fill(t, w.data)
	add(t, log, "the first fault\n")
	time.Sleep(3 * time.Second) // the line meets the full disk
	s, err := w.logService("monitord/log[first]")
	say(t, "on the full disk the service is %q, %s", s.State, errText(err))
	remove(t, filler)
	w.awaitState(30*time.Second, "monitord/log[first]", "CRITICAL")

	filler = fill(t, w.data)
	add(t, log, "the second fault\n")
	time.Sleep(3 * time.Second) // the line meets the full disk
	w.server.kill()
	remove(t, filler)
	w.serve()
	w.awaitState(30*time.Second, "monitord/log[second]", "CRITICAL")
	told := 0
	for _, e := range w.events() {
		if strings.Contains(e.Text, "the second fault") && e.State == "CRITICAL" {
			told++
		}
	}
	say(t, "the journal has the second fault in %d entries", told)
	if told != 1 {
		t.Error("want one")
	}
	add(t, log, "all is well\n")
	w.awaitState(20*time.Second, "monitord/log[first]", "OK")
	w.awaitState(20*time.Second, "monitord/log[second]", "OK")
}

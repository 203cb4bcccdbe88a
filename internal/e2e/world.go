//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// world is one installation in a temporary folder: a server, its data, probes.
type world struct {
	t      *testing.T
	dir    string
	data   string
	config string
	addr   string // of the pages
	probes string // of the probes' listener
	server *process
}

// newWorld makes the folders and picks the ports; nothing runs yet.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		t: t, dir: dir,
		data:   filepath.Join(dir, "data"),
		config: filepath.Join(dir, "monitord.yaml"),
		addr:   freePort(t), probes: freePort(t),
	}
	return w
}

// bin is the path of one of our programs.
func bin(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("MONITORD_BIN")
	if dir == "" {
		dir = "../../bin"
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v (run make build)", err)
	}
	return path
}

// freePort is a loopback address on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(testproc.FreePort(t)))
}

// configure writes the configuration; the listeners are added to it.
func (w *world) configure(yaml string) {
	w.t.Helper()
	head := fmt.Sprintf("listen: %s\nprobes: {listen: %q}\n", w.addr, w.probes)
	if err := os.WriteFile(w.config, []byte(head+yaml), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// serve starts the server and waits until it is ready.
func (w *world) serve() {
	w.t.Helper()
	w.server = start(w.t, w.dir, "monitord", bin(w.t, "monitord"), "run", "--config", w.config, "--data", w.data)
	w.ready()
}

func (w *world) ready() {
	w.t.Helper()
	eventually(w.t, 20*time.Second, "server is ready", func() string {
		select {
		case <-w.server.done:
			w.t.Fatalf("the server ended:\n%s", w.server.tail(30))
		default:
		}
		_, err := w.try("/readyz")
		return errText(err)
	})
}

// enrol makes a probe's folder for a host: token, certificate, configuration.
func (w *world) enrol(host string) (dir string) {
	w.t.Helper()
	dir = filepath.Join(w.dir, "probe-"+host)
	token := command(w.t, "", bin(w.t, "monitord"), "probe", "add", "--data", w.data, "--config", w.config, "--token-only", host)
	command(w.t, token, bin(w.t, "probe"), "enroll", "--server", "https://"+w.probes, "--token-file", "-", "--dir", dir)
	return dir
}

// probe starts the probe of a folder that enrol made.
func (w *world) probe(dir string) *process {
	w.t.Helper()
	return start(w.t, w.dir, "probe", bin(w.t, "probe"), "run", "--config", filepath.Join(dir, "probe.yaml"))
}

// try gets a path of the server and returns the body.
func (w *world) try(path string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + w.addr + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", path, resp.Status, body)
	}
	return string(body), err
}

// get is try that must succeed, decoded from JSON.
func (w *world) get(path string, into any) {
	w.t.Helper()
	body, err := w.try(path)
	if err == nil {
		err = json.Unmarshal([]byte(body), into)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// service is what the API tells of a service.
type service struct {
	Name        string    `json:"service"`
	State       string    `json:"state"`
	Hard        bool      `json:"hard"`
	Attempt     int       `json:"attempt"`
	MaxAttempts int       `json:"max_attempts"`
	Reason      string    `json:"reason"`
	Summary     string    `json:"summary"`
	LastCheck   time.Time `json:"last_check"`
	Since       time.Time `json:"since"`
}

// event is what the API tells of an entry of the journal.
type event struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Host    string    `json:"host"`
	Service string    `json:"service"`
	State   string    `json:"state"`
	Text    string    `json:"text"`
}

// awaitState waits until a service has that state, confirmed.
func (w *world) awaitState(within time.Duration, name, state string) {
	w.t.Helper()
	eventually(w.t, within, name+" is "+state+" and hard", func() string {
		var answer struct{ Services []service }
		body, err := w.try("/api/monitord/services")
		if err == nil {
			err = json.Unmarshal([]byte(body), &answer)
		}
		if err != nil {
			return err.Error()
		}
		for _, s := range answer.Services {
			if s.Name == name {
				if s.State == state && s.Hard {
					return ""
				}
				return fmt.Sprintf("it is %s, hard %v, attempt %d", s.State, s.Hard, s.Attempt)
			}
		}
		return "there is no such service"
	})
	say(w.t, "%s is %s", name, state)
}

// events lists the journal, newest first, in English.
func (w *world) events() []event {
	w.t.Helper()
	var answer struct{ Events []event }
	w.get("/api/monitord/events?limit=1000&lang=en", &answer)
	return answer.Events
}

// samples returns every raw sample of the only series that a selector finds.
func (w *world) samples(selector string, window time.Duration) map[int64]float64 {
	w.t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Values [][2]any `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	w.get("/api/v1/query?query="+url.QueryEscape(fmt.Sprintf("%s[%ds]", selector, int(window.Seconds()))), &answer)
	found := map[int64]float64{}
	for _, series := range answer.Data.Result {
		for _, v := range series.Values {
			value, err := strconv.ParseFloat(v[1].(string), 64)
			if err != nil {
				w.t.Fatal(err)
			}
			found[int64(v[0].(float64)*1000)] = value
		}
	}
	return found
}

// value is the newest value of a query that finds one series at most; false when
// it finds none.
func (w *world) value(query string) (v float64, ok bool) {
	w.t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	w.get("/api/v1/query?query="+url.QueryEscape(query), &answer)
	if len(answer.Data.Result) == 0 {
		return 0, false
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return v, true
}

// sequences returns the numbers of all collections of a host in the store.
func (w *world) sequences(host string) map[int]bool {
	w.t.Helper()
	numbers := map[int]bool{}
	for _, v := range w.samples(fmt.Sprintf("monitord_probe_collection_sequence{host=%q}", host), 2*time.Hour) {
		numbers[int(v)] = true
	}
	return numbers
}

// noHole fails when a number between 1 and the largest is missing.
func noHole(t *testing.T, numbers map[int]bool) (last int) {
	t.Helper()
	for n := range numbers {
		last = max(last, n)
	}
	var missing []string
	for n := 1; n <= last; n++ {
		if !numbers[n] {
			missing = append(missing, strconv.Itoa(n))
		}
	}
	if len(missing) > 0 {
		t.Errorf("collections lost: %d of %d: %s", len(missing), last, strings.Join(missing, " "))
	}
	return last
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
